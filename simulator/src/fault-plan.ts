// Decides which fault, if any, hits a request. Counting is per rule and independent of the other rules, so adding a
// rule in front does not move the n-th request of those behind it. The first rule that fires wins.
import type { Fault, FaultMatch, FaultRule, FaultTarget } from './fault-script.ts'
import { createRandom } from './random.ts'
import type { VendorName } from './vendor-name.ts'

/** What a rule looks at that names no endpoint. */
const BILLED_TARGETS: readonly FaultTarget[] = ['generation', 'embeddings']

export interface RequestFacts {
  vendor: VendorName
  endpoint: FaultTarget
  key: string | null
  organisation: string | null
  /** Undefined while the body that names it has not been read. */
  model: string | undefined
}

export interface FaultPlan {
  /** True when a rule asks for the model: then the decision must wait for the body. */
  readonly needsModel: boolean
  /** Counts the request in every rule it matches; call it once for each request. */
  choose(facts: RequestFacts): Fault | null
  script(): FaultRule[]
}

export function createFaultPlan(seed: number, script: readonly FaultRule[]): FaultPlan {
  const rules = script.map((rule, index) => ({ rule, index, seen: 0, fired: 0 }))

  return {
    needsModel: script.some((rule) => rule.match.model !== undefined),
    choose(facts) {
      let chosen: Fault | null = null
      for (const state of rules) {
        const { rule } = state
        if (!matches(rule.match, facts)) continue
        state.seen += 1
        if (chosen !== null || state.fired >= (rule.times ?? Infinity)) continue
        if (!isDue(rule.match, state.seen, () => createRandom(seed, 'fault', state.index, state.seen).unit())) continue
        state.fired += 1
        chosen = rule.fault
      }
      return chosen
    },
    script: () => [...script],
  }
}

function matches(match: FaultMatch, facts: RequestFacts): boolean {
  return (
    (match.vendor === undefined || match.vendor === facts.vendor) &&
    (match.key === undefined || match.key === facts.key) &&
    (match.organisation === undefined || match.organisation === facts.organisation) &&
    (match.model === undefined || match.model === facts.model) &&
    (match.endpoint === undefined ? BILLED_TARGETS.includes(facts.endpoint) : match.endpoint === facts.endpoint)
  )
}

function isDue(match: FaultMatch, seen: number, draw: () => number): boolean {
  return (
    (match.nth === undefined || match.nth === seen) &&
    (match.every === undefined || seen % match.every === 0) &&
    (match.probability === undefined || draw() < match.probability)
  )
}
