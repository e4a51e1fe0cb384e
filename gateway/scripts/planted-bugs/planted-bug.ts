// A bug put into our own code to see whether the tests notice.

export interface PlantedBug {
  what: string
  /** From the root of the repository. */
  file: string
  /** Stands in the file exactly once. */
  text: string
  becomes: string
  /** Of these files at least one test has to fail, and none without the bug. */
  tests: readonly string[]
}

/** The source with the bug in it; undefined when its place is not there, or not the only one. */
export function plant(source: string, { text, becomes }: PlantedBug): string | undefined {
  const [before, after, ...more] = source.split(text)
  return before === undefined || after === undefined || more.length > 0 ? undefined : before + becomes + after
}
