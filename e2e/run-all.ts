// `npm test`: everything that this machine can run, stage by stage, with one plain result line at the end. What had to
// be left out is said with the command that installs it; on a build server (CI=true) leaving out is a failure.
import { fileURLToPath } from 'node:url'
import { findPostgres, startPostgres } from '../gateway/test/support/postgres.ts'
import { clients } from './clients/clients.ts'
import { installClients } from './clients/install.ts'
import { browserRemedy, findBrowser } from './run/find-browser.ts'
import { createStageRunner, leftOut, type StageResult } from './run/stage.ts'
import { addCounts, noTests } from './run/test-counts.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const isBuildServer = process.env['CI'] === 'true'
const postgresRemedy = 'sudo apt-get install -y postgresql'

const { runCommand, runTests } = createStageRunner(root, process.env)

const checks: readonly [name: string, program: string, ...args: string[]][] = [
  ['types', 'tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['types of the console', 'tsc', '--noEmit', '-p', 'console/tsconfig.json'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['format', 'oxfmt', '--check'],
  ['dead code', 'knip', '--no-progress'],
]

async function runOnPostgres(): Promise<StageResult> {
  const name = 'gateway on PostgreSQL'
  if (findPostgres() === undefined) return leftOut(name, `no PostgreSQL here: ${postgresRemedy}`)
  const server = await startPostgres()
  try {
    return await runTests(name, 'gateway', { TEST_DATABASE_URL: server.url })
  } finally {
    await server.stop()
  }
}

async function runInBrowser(build: StageResult): Promise<StageResult> {
  const name = 'whole system in Chromium'
  const browser = findBrowser(process.env)
  if (browser === undefined) return leftOut(name, `no Chromium here: ${browserRemedy}`)
  if (build.outcome === 'failed') return leftOut(name, 'the console could not be built')
  return runTests(name, 'e2e', { CHROMIUM: browser })
}

/** From npm on demand: the workspace itself needs none of them. */
async function runSdks(): Promise<StageResult> {
  const name = 'SDKs from npm'
  const sdks = clients.filter(({ kind }) => kind === 'sdk')
  const failure = await installClients(sdks, console.log)
  if (failure !== undefined) return leftOut(name, `the registry cannot be reached: ${failure.split('\n')[0]}`)
  return runTests(name, 'clients', { TEST_DATABASE_URL: undefined })
}

async function runStages(): Promise<StageResult[]> {
  const results: StageResult[] = []
  for (const [name, program, ...args] of checks) results.push(await runCommand({ name, program, args }))
  results.push(await runTests('unit', 'unit'))
  results.push(await runTests('wires', 'wires'))
  const build = await runCommand({ name: 'console build', program: 'vite', args: ['build', 'console'] })
  results.push(build)
  // A developer may have a server of their own in the environment; this run is about the embedded one.
  results.push(await runTests('gateway on the embedded database', 'gateway', { TEST_DATABASE_URL: undefined }))
  results.push(await runOnPostgres())
  results.push(await runInBrowser(build))
  results.push(await runSdks())
  return results
}

function printSummary(results: readonly StageResult[]): void {
  const width = Math.max(...results.map(({ name }) => name.length))
  console.log('\n━━ summary')
  for (const { name, outcome, seconds, counts, note } of results) {
    const ran = counts.passed + counts.failed
    const tests = ran === 0 ? '' : `${counts.passed} of ${ran} tests`
    console.log(`${name.padEnd(width)}  ${outcome.padEnd(8)}  ${seconds.toFixed(1).padStart(6)} s  ${note ?? tests}`)
  }
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
  console.log(`${'all stages'.padEnd(width)}  ${' '.repeat(8)}  ${seconds.toFixed(1).padStart(6)} s`)
}

const results = await runStages()
printSummary(results)

const counts = results.map((result) => result.counts).reduce(addCounts, noTests)
const failedStages = results.filter(({ outcome }) => outcome === 'failed')
const leftOutStages = results.filter(({ outcome }) => outcome === 'left out')
if (failedStages.length > 0) console.log(`failed: ${failedStages.map(({ name }) => name).join(', ')}`)
if (isBuildServer && leftOutStages.length > 0) console.log('with CI=true nothing may be left out')
// A failed check has no failed test in it; the last line must not read like success all the same.
const failedChecks = failedStages.filter((stage) => stage.counts.failed === 0).length
console.log(`${counts.passed} passed, ${counts.failed + failedChecks} failed`)

const isSuccess =
  failedStages.length === 0 && counts.passed > 0 && counts.failed === 0 && !(isBuildServer && leftOutStages.length > 0)
process.exitCode = isSuccess ? 0 : 1
