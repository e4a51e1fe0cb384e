// Which account stores which answer: a request that refers to an earlier answer can be served by that account alone, and only for the
// group that was answered. Seen as answers pass, and remembered for a while.
import type { AccountId, GroupId } from '@aicarpool/contract'

export interface Keeper {
  groupId: GroupId
  accountId: AccountId
}

export interface StoredAnswers {
  note(ids: readonly string[], keeper: Keeper): void
  keeperOf(id: string): Keeper | undefined
}

/** Some ten megabytes. Conversations refer to answers of the last minutes; of forgotten ones the caller is told. */
const idsMax = 50_000

export function createStoredAnswers(): StoredAnswers {
  /** The oldest first. */
  const keepers = new Map<string, Keeper>()
  return {
    note(ids, keeper) {
      for (const id of ids) {
        keepers.delete(id)
        keepers.set(id, keeper)
      }
      for (const oldest of keepers.keys()) {
        if (keepers.size <= idsMax) return
        keepers.delete(oldest)
      }
    },
    keeperOf: (id) => keepers.get(id),
  }
}
