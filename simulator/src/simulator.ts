// Composition root: options → state → listener. The only place that knows all parts; index.ts exports it.
import type { SimulatedAccount } from './accounts.ts'
import { createAccounts } from './accounts.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { createFaultPlan } from './fault-plan.ts'
import type { FastCounts } from './fast/counts.ts'
import type { FastStream } from './fast/fast-simulator.ts'
import { startFastSimulator } from './fast/fast-simulator.ts'
import type { FaultRule } from './fault-script.ts'
import { parseFaultScript } from './fault-script.ts'
import type { LedgerEntry } from './ledger.ts'
import { createLedger } from './ledger.ts'
import { listen } from './listen.ts'
import type { Listener } from './listener.ts'
import { createListener } from './listener.ts'
import { createPromptCache } from './prompt-cache.ts'
import { createRateLimits } from './rate-limits.ts'
import { SimulatorError } from './simulator-error.ts'
import type { SimulatorState } from './state.ts'
import { createDocumentStore } from './stored-documents.ts'
import { VENDORS } from './vendors/catalogue.ts'

export interface SimulatorOptions {
  /** 0, the default, takes any free port. */
  port?: number
  /** Loopback only: the simulator knows no secrets and guards nothing. */
  host?: '127.0.0.1'
  seed: number
  accounts: readonly SimulatedAccount[]
  /** Also accept keys `sim-<vendor>-<organisation>[.<n>]`. */
  implicitAccounts?: boolean
  /** Every natural delay is multiplied by this: 1 is realistic, 0.1 ten times as fast, 0 no delays. Default 1. */
  speed?: number
  clock?: Clock
  /** Fixed answers for load tests: any key is good, and there are no limits, faults or ledger, only counts. */
  fast?: boolean
  /** Paces the streams of fast mode; without it a stream is one burst. */
  fastStream?: FastStream
}

export interface Simulator {
  url: string
  port: number
  /** Entries with a sequence number above `since`, in order. */
  ledger(since?: number): LedgerEntry[]
  clearLedger(): void
  /** Replaces the script and begins its counting anew; throws `invalid_faults`. */
  setFaults(script: readonly FaultRule[]): void
  addAccounts(accounts: readonly SimulatedAccount[]): void
  /** Resolves when no request is being served: from then on the ledger is complete. */
  idle(): Promise<void>
  /** What fast mode counted; null in the ordinary mode. */
  fastCounts(): FastCounts | null
  stop(): Promise<void>
}

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  if (options.fast === true) return startFast(options)
  const state = createState(options)
  const listener = createListener(state)
  const port = await listen(listener.server, options.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    ledger: (since) => state.ledger.entries(since),
    clearLedger: () => state.ledger.clear(),
    setFaults: (script) => state.setFaults(parseFaultScript(script)),
    addAccounts: (accounts) => state.accounts.add(accounts),
    idle: () => listener.idle(),
    fastCounts: () => null,
    stop: () => stop(listener),
  }
}

async function startFast(options: SimulatorOptions): Promise<Simulator> {
  const fast = await startFastSimulator(options.port ?? 0, options.fastStream ?? null)
  // An empty ledger would look like an oracle that agrees with anything.
  const notHere = (): never => {
    throw new SimulatorError('wrong_mode', 'fast mode keeps counts only: no ledger, no faults, no accounts')
  }
  return {
    url: fast.url,
    port: fast.port,
    ledger: notHere,
    clearLedger: notHere,
    setFaults: notHere,
    addAccounts: notHere,
    idle: () => Promise.resolve(),
    fastCounts: () => fast.counts(),
    stop: () => fast.stop(),
  }
}

function createState(options: SimulatorOptions): SimulatorState {
  const { seed, accounts, implicitAccounts = false, speed = 1, clock = systemClock } = options
  if (!(speed >= 0)) throw new SimulatorError('invalid_option', 'speed must be 0 or more')
  let plan = createFaultPlan(seed, [])
  let exchanges = 0
  return {
    seed,
    speed,
    clock,
    startedAtMs: clock.now(),
    accounts: createAccounts(accounts, implicitAccounts),
    ledger: createLedger(),
    limits: createRateLimits(),
    cache: createPromptCache(),
    documents: createDocumentStore(),
    faults: () => plan,
    setFaults(script) {
      checkNamedErrors(script)
      plan = createFaultPlan(seed, script)
    },
    nextExchange() {
      exchanges += 1
      return exchanges
    },
  }
}

/** A name that no vendor knows would never fire, and a test of it pass. */
function checkNamedErrors(script: readonly FaultRule[]): void {
  for (const [index, { match, fault }] of script.entries()) {
    if (fault.kind !== 'vendor-error') continue
    const vendor = VENDORS.find(({ name }) => name === match.vendor)
    const names = Object.keys(vendor?.namedErrors ?? {})
    if (names.includes(fault.name)) continue
    const place = `faults[${index}]`
    const hint = vendor === undefined ? `${place}.match.vendor must be given` : `must be one of ${names.join(', ')}`
    throw new SimulatorError('invalid_faults', `${place}.fault.name: ${hint}`)
  }
}

async function stop({ server, idle }: Listener): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
  await idle()
}
