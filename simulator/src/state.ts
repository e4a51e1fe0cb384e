// All that outlives a request: accounts, books, limits, caches, the fault plan. Made by simulator.ts, passed to each
// exchange.
import type { Accounts } from './accounts.ts'
import type { Clock } from './clock.ts'
import type { FaultPlan } from './fault-plan.ts'
import type { FaultRule } from './fault-script.ts'
import type { Ledger } from './ledger.ts'
import type { PromptCache } from './prompt-cache.ts'
import type { RateLimits } from './rate-limits.ts'
import type { DocumentStore } from './stored-documents.ts'

export interface SimulatorState {
  seed: number
  /** Every natural delay is multiplied by this; 0 is no delay. */
  speed: number
  clock: Clock
  startedAtMs: number
  accounts: Accounts
  ledger: Ledger
  limits: RateLimits
  cache: PromptCache
  documents: DocumentStore
  faults(): FaultPlan
  setFaults(script: readonly FaultRule[]): void
  /** Numbers the exchanges, so that their ids differ though their answers may be equal. */
  nextExchange(): number
}
