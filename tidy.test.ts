// The house rules as tests: one test per rule over the whole repository, one that plants a violation of it, and a
// count of the files seen, so that a rule cannot pass by looking at nothing.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { documentRules } from './tidy/document-rules.ts'
import { errorRules } from './tidy/error-rules.ts'
import { layerRules } from './tidy/layer-rules.ts'
import { projectFromDisk, projectFromTexts } from './tidy/project.ts'
import { purityRules } from './tidy/purity-rules.ts'
import { place } from './tidy/rule.ts'
import { shapeRules } from './tidy/shape-rules.ts'
import { workspaceRules, workspaces } from './tidy/workspace-rules.ts'

const rules = [...layerRules, ...workspaceRules, ...shapeRules, ...purityRules, ...errorRules, ...documentRules]

/** Far fewer than there are: enough to notice that a workspace was moved or skipped, without counting every file. */
const sourcesMin: Record<(typeof workspaces)[number], number> = {
  contract: 6,
  gateway: 150,
  console: 25,
  simulator: 40,
  bench: 12,
  e2e: 6,
}

const root = fileURLToPath(new URL('.', import.meta.url))
const project = projectFromDisk(root)

describe('house rules', () => {
  test.each(rules)('$name', ({ check }) => {
    const violations = check(project).map((finding) => `${place(finding)}  ${finding.message}`)
    expect(violations, `${violations.length} violations:\n${violations.join('\n')}\n`).toEqual([])
  })

  test.each(workspaces)('the rules saw the sources of %s', (workspace) => {
    const seen = project.sources.filter(({ path }) => path.startsWith(`${workspace}/`))
    expect(seen.length).toBeGreaterThanOrEqual(sourcesMin[workspace])
  })
})

describe('a planted violation is reported', () => {
  test.each(rules)('$name', ({ check, sample }) => {
    const planted = projectFromTexts(new Map(Object.entries(sample.files)))
    expect(sample.findings.length).toBeGreaterThan(0)
    expect(check(planted).map(place).toSorted()).toEqual(sample.findings.toSorted())
  })
})

/** Without `typeAware` in the configuration this lint rule reports nothing at all, silently. */
test('the linter reports a promise that nobody awaits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'))
  try {
    writeFileSync(
      join(folder, 'planted.ts'),
      'const later = async () => 1\nexport const start = () => {\n  later()\n}\n',
    )
    const linter = join(root, 'node_modules/oxlint/bin/oxlint')
    const lint = spawnSync(process.execPath, [linter, '-c', join(root, '.oxlintrc.json'), folder], { encoding: 'utf8' })
    expect(lint.stdout).toContain('typescript(no-floating-promises)')
    expect(lint.status).not.toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
