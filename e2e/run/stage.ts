// One stage of the whole run: starts a command of this repository, lets its output through, and says how it went.
// Which stages there are, and in which order, is in run-all.ts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { noTests, readTestCounts, type TestCounts } from './test-counts.ts'

/** The longest stage takes about four minutes on a quiet machine; one that hangs must not hold up a build server for hours. */
const stageTimeoutMs = 15 * 60_000
/** From the polite signal to the final one. */
const killAfterMs = 10_000

export interface StageResult {
  name: string
  outcome: 'passed' | 'failed' | 'left out'
  seconds: number
  counts: TestCounts
  /** Why it was left out. */
  note?: string
}

export interface Command {
  name: string
  /** Looked up in node_modules/.bin first. */
  program: string
  args: readonly string[]
  environment?: Record<string, string | undefined>
}

export interface StageRunner {
  /** Runs a command; it passes when it exits with 0. */
  runCommand(command: Command): Promise<StageResult>
  /** Runs one vitest project; it passes when it exits with 0 and at least one test ran. */
  runTests(name: string, project: string, environment?: Record<string, string | undefined>): Promise<StageResult>
}

export function createStageRunner(root: string, inherited: NodeJS.ProcessEnv): StageRunner {
  const bin = join(root, 'node_modules/.bin')
  const environment = { ...inherited, PATH: `${bin}${delimiter}${inherited['PATH'] ?? ''}` }

  const execute = async (command: Command): Promise<number> => {
    // By its full path: the PATH of this very process may not have node_modules/.bin in it.
    const child = spawn(join(bin, command.program), command.args, {
      cwd: root,
      env: { ...environment, ...command.environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const overdue = setTimeout(() => {
      console.log(`${command.name}: stopped after ${stageTimeoutMs / 1000} s`)
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref()
    }, stageTimeoutMs)
    try {
      const [code] = (await once(child, 'exit')) as [number | null]
      return code ?? 1
    } finally {
      clearTimeout(overdue)
    }
  }

  const runCommand = async (command: Command): Promise<StageResult> => {
    const startedAt = performance.now()
    console.log(`\n━━ ${command.name}`)
    const code = await execute(command)
    const seconds = (performance.now() - startedAt) / 1000
    const outcome = code === 0 ? 'passed' : 'failed'
    console.log(`━━ ${command.name}: ${outcome} in ${seconds.toFixed(1)} s`)
    return { name: command.name, outcome, seconds, counts: noTests }
  }

  const runTests: StageRunner['runTests'] = async (name, project, extra = {}) => {
    const folder = mkdtempSync(join(tmpdir(), 'aicarpool-test-report-'))
    try {
      const report = join(folder, 'report.json')
      const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
      const result = await runCommand({ name, program: 'vitest', args, environment: extra })
      const counts = readTestCounts(report) ?? { ...noTests, failed: 1 }
      const isEmpty = counts.passed + counts.failed === 0
      if (isEmpty) console.log(`${name}: no test ran`)
      return { ...result, outcome: isEmpty || counts.failed > 0 ? 'failed' : result.outcome, counts }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  return { runCommand, runTests }
}

export function leftOut(name: string, note: string): StageResult {
  return { name, outcome: 'left out', seconds: 0, counts: noTests, note }
}
