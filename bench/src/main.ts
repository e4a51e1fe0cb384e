// `npm run bench`: starts the yardsticks and the gateway in front of one simulator, loads them in turn, and prints what a
// request and a streamed event cost each of them. The parts are in the files beside it.
import { cpus, loadavg } from 'node:os'
import type { LoadKind } from './load-plan.ts'
import { measure } from './measure.ts'
import { help, readOptions, WrongOption, type BenchOptions } from './options.ts'
import { printSummary, summarise, type LoadSummary, type Round } from './report.ts'
import { startTestbed, type Testbed } from './targets.ts'

async function runRounds(testbed: Testbed, kind: LoadKind, options: BenchOptions): Promise<Round[]> {
  const rounds: Round[] = []
  for (let number = 1; number <= options.rounds; number += 1) {
    // Interleaved: whatever else the machine does meets all targets alike.
    for (const target of testbed.targets) {
      const before = await testbed.ledger()
      const measurement = await measure(target, kind, options.seconds)
      const after = await testbed.ledger()
      const answered = { requests: after.requests - before.requests, events: after.events - before.events }
      rounds.push({ target: target.name, measurement, answered })
      const cpu = measurement.cpuMicrosecondsPerUnit.toFixed(1)
      console.error(`round ${number} of ${options.rounds}, ${kind}, ${target.name}: ${cpu} µs`)
    }
  }
  return rounds
}

async function run(options: BenchOptions): Promise<LoadSummary[]> {
  const busy = loadavg()[0] ?? 0
  console.error(`${cpus().length} cores, load average ${busy.toFixed(1)} before the start; compare only quiet runs`)
  const testbed = await startTestbed(options.targets, options.database)
  try {
    const summaries: LoadSummary[] = []
    for (const kind of options.kinds)
      summaries.push(summarise(kind, await runRounds(testbed, kind, options), options.database === 'embedded'))
    return summaries
  } finally {
    await testbed.stop()
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(help)
  } else {
    const summaries = await run(options)
    if (options.isJson) console.log(JSON.stringify(summaries, null, 2))
    else for (const summary of summaries) printSummary(summary, (line) => console.log(line))
    if (summaries.some(({ problems }) => problems.length > 0)) process.exitCode = 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof WrongOption ? 2 : 1
}
