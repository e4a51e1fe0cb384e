// Balancing policies: which of several eligible accounts serves. Each is a pure function of the candidates, their state and
// a turn that grows with every choice.
import type { AccountState, Candidate } from './eligible.ts'
import type { AccountView } from './snapshot.ts'

/**
 * The account with the fewest running requests for its weight; among equals they take turns, so that an idle pool is used
 * evenly instead of hammering its first account.
 */
export function leastConnections(
  candidates: readonly Candidate[],
  stateOf: (account: AccountView) => AccountState,
  turn: number,
): Candidate | undefined {
  let best: Candidate | undefined
  let bestLoad = Number.POSITIVE_INFINITY
  for (let index = 0; index < candidates.length; index += 1) {
    const candidate = candidates[(index + turn) % candidates.length]
    if (!candidate) continue
    const load = (stateOf(candidate.account).inFlight + 1) / Math.max(1, candidate.account.weight)
    if (load < bestLoad) {
      best = candidate
      bestLoad = load
    }
  }
  return best
}
