// `npm run planted-bugs`: puts each planted bug into a copy of the repository and runs the tests that have to notice. Takes some
// minutes; `npm run planted-bugs -- WORDS` tries those whose description holds the words.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moneyBugs } from './planted-bugs/money.ts'
import { plant, type PlantedBug } from './planted-bugs/planted-bug.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const runTimeoutMs = 300_000
/** A hanging test has noticed, too, but it should not take minutes. */
const testTimeoutMs = 20_000
const leftOut: ReadonlySet<string> = new Set(['node_modules', '.git', 'data', 'e2e'])

function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'aicarpool-planted-'))
  cpSync(root, copy, { recursive: true, filter: (path) => !leftOut.has(basename(path)) })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function testsPass(copy: string, { tests }: PlantedBug): boolean {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--bail', '1', '--testTimeout', String(testTimeoutMs), ...tests]
  const { status } = spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', timeout: runTimeoutMs })
  return status === 0
}

function isNoticed(copy: string, bug: PlantedBug): boolean {
  const file = join(copy, bug.file)
  const source = readFileSync(file, 'utf8')
  const planted = plant(source, bug)
  if (planted === undefined) throw new RangeError(`the place of "${bug.what}" is not in ${bug.file}`)
  writeFileSync(file, planted)
  const passed = testsPass(copy, bug)
  writeFileSync(file, source)
  return !passed
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const words = process.argv.slice(2).join(' ')
const bugs = moneyBugs.filter(({ what }) => what.includes(words))
const copy = copyRepository()
let unnoticed = 0
try {
  const everyTest = [...new Set(bugs.flatMap(({ tests }) => tests))]
  if (!testsPass(copy, { what: '', file: '', text: '', becomes: '', tests: everyTest })) {
    say('The tests fail without any bug.')
    process.exitCode = 1
  } else {
    for (const [index, bug] of bugs.entries()) {
      const noticed = isNoticed(copy, bug)
      if (!noticed) unnoticed += 1
      say(`${index + 1} of ${bugs.length}  ${noticed ? 'noticed  ' : 'UNNOTICED'}  ${bug.what}`)
    }
    say(`${bugs.length - unnoticed} of ${bugs.length} planted bugs were noticed`)
    if (unnoticed > 0) process.exitCode = 1
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
