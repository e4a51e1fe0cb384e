// What a house rule is: a name, a check over the project, and a planted sample that proves the check can fail.
import type { Project } from './project.ts'
import type { SourceFile } from './syntax.ts'

export interface Finding {
  path: string
  line: number
  message: string
}

export interface Rule {
  name: string
  check(project: Project): Finding[]
  /** A tiny project with good and bad files, and exactly the places (`path:line`) that must be reported in it. */
  sample: { files: Record<string, string>; findings: string[] }
}

/** A check that looks at one source file at a time. */
export function eachSource(
  applies: (path: string) => boolean,
  check: (file: SourceFile) => { line: number; message: string }[],
): (project: Project) => Finding[] {
  return (project) =>
    project.sources
      .filter((file) => applies(file.path))
      .flatMap((file) => check(file).map((found) => ({ path: file.path, ...found })))
}

export const place = (finding: Finding): string => `${finding.path}:${finding.line}`
