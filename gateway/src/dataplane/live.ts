// The data plane's only mutable state beside the ledger: what is running on each account and group, each account's health, and
// which of them stores which answer.
import type { GroupId } from '@aicarpool/contract'
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import type { AccountState } from '../core/routing/eligible.ts'
import { availability, newHealth, onFailure, onSuccess, type AccountHealth } from '../core/routing/health.ts'
import type { AccountView } from '../core/routing/snapshot.ts'
import { createStoredAnswers, type StoredAnswers } from './stored-answers.ts'

export interface Live {
  stateOf(account: AccountView): AccountState
  /** Grows with every choice, so that equals take turns. */
  nextTurn(): number
  /** An attempt begins: its slot is taken until `end`, which must be called exactly once. */
  begin(account: AccountView, groupId: GroupId, nowMs: number): void
  end(account: AccountView, groupId: GroupId): void
  succeeded(account: AccountView): void
  failed(account: AccountView, failure: UpstreamFailure, nowMs: number): void
  activeRequests(groupId: GroupId): number
  activeTotal(): number
  /** A request came in; it is open until its work is done and its answer was delivered. */
  enter(): void
  leave(): void
  openRequests(): number
  stored: StoredAnswers
}

/** `onHealthChange` hears when an account goes out or opens its circuit, for events and the trace. */
export function createLive(
  onHealthChange: (account: AccountView, health: AccountHealth, failure: UpstreamFailure) => void,
): Live {
  const accounts = new Map<string, AccountState>()
  const groups = new Map<GroupId, number>()
  let turn = 0
  let total = 0
  let open = 0

  function stateOf(account: AccountView): AccountState {
    const present = accounts.get(account.id)
    if (!present) {
      const state = { health: newHealth(account.version), inFlight: 0 }
      accounts.set(account.id, state)
      return state
    }
    // An administrator acted on the account: what was held against it is forgotten.
    if (present.health.version < account.version) present.health = newHealth(account.version)
    return present
  }

  return {
    stateOf,
    nextTurn: () => (turn = (turn + 1) % Number.MAX_SAFE_INTEGER),
    begin(account, groupId, nowMs) {
      const state = stateOf(account)
      state.inFlight += 1
      if (availability(state.health, nowMs) === 'probe') state.health.isProbing = true
      groups.set(groupId, (groups.get(groupId) ?? 0) + 1)
      total += 1
    },
    end(account, groupId) {
      const state = stateOf(account)
      state.inFlight -= 1
      // A probe that ended without an outcome (the journal refused it) must not keep the next one out.
      if (state.inFlight === 0) state.health.isProbing = false
      const active = (groups.get(groupId) ?? 1) - 1
      if (active === 0) groups.delete(groupId)
      else groups.set(groupId, active)
      total -= 1
    },
    succeeded: (account) => onSuccess(stateOf(account).health),
    failed(account, failure, nowMs) {
      const { health } = stateOf(account)
      const before = availability(health, nowMs)
      onFailure(health, failure, nowMs)
      const after = availability(health, nowMs)
      if (after !== before && after !== 'available') onHealthChange(account, health, failure)
    },
    activeRequests: (groupId) => groups.get(groupId) ?? 0,
    activeTotal: () => total,
    enter: () => void (open += 1),
    leave: () => void (open -= 1),
    openRequests: () => open,
    stored: createStoredAnswers(),
  }
}
