// `aicarpool doctor`: looks at everything a gateway needs and says what is wrong and what to do. Changes nothing; works
// beside a running gateway. Owns the order of the checks and the exit code; the checks are in doctor/.
import { ConfigError, type ConfigOverrides, type Environment, loadConfig, type Config } from '../config.ts'
import { shippedProviders } from '../core/providers/index.ts'
import type { Providers } from '../core/providers/registry.ts'
import { systemClock, type Clock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import type { Resolve } from '../platform/upstream/connector.ts'
import { checkDatabase } from './doctor/database.ts'
import { type Finding, fail, ok, renderFinding, warn } from './doctor/finding.ts'
import { checkDataDirectory, checkFreeSpace, checkOwner, checkSecrets, watchClock } from './doctor/machine.ts'
import { checkProviders } from './doctor/providers.ts'
import { exitCodes } from './help.ts'

export interface DoctorOptions {
  environment?: Environment
  overrides?: ConfigOverrides
  /** Gets one line at a time, as the checks end. */
  print: (line: string) => void
  clock?: Clock
  /** The vendors, where they are not the shipped ones. */
  providers?: Providers
  /** Replaced in tests, which reach no provider. */
  resolve?: Resolve
}

/** Answers the exit code: 1 if any check failed, warnings are no failure. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const findings: Finding[] = []
  const report = (...found: readonly Finding[]) => {
    findings.push(...found)
    for (const finding of found) options.print(renderFinding(finding))
  }
  const config = checkConfiguration(options, report)
  if (config !== undefined) await checkAll(config, options, report)
  const failed = findings.filter((finding) => finding.level === 'fail').length
  const warned = findings.filter((finding) => finding.level === 'warn').length
  options.print(`${findings.length} checks, ${failed} failed, ${warned} warnings`)
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}

type Report = (...found: readonly Finding[]) => void

function checkConfiguration(options: DoctorOptions, report: Report): Config | undefined {
  const name = 'configuration'
  const remedy = 'see docs/configuration.md'
  try {
    const config = loadConfig(options.environment, options.overrides)
    report(...config.warnings.map((text) => warn(name, text, remedy)), ok(name, 'every setting is valid'))
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    report(...error.problems.map((problem) => fail(name, problem, remedy)))
    return undefined
  }
}

async function checkAll(config: Config, options: DoctorOptions, report: Report): Promise<void> {
  const clock = options.clock ?? systemClock
  const readClock = watchClock(clock)
  report(checkDataDirectory(config.dataDir), checkOwner(config.dataDir), checkFreeSpace(config.dataDir))
  report(checkSecrets(config, systemRandom))
  const { findings, endpoints } = await checkDatabase(config, clock)
  report(...findings)
  const { egressAllowLoopback: allowLoopback } = config
  const { resolve, providers = shippedProviders } = options
  report(...(await checkProviders(endpoints, { allowLoopback, providers, resolve })))
  report(readClock())
}
