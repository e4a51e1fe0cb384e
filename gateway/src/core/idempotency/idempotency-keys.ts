// Which requests were sent under an idempotency key, and what became of them: a key is taken by the first request, free again when
// that one ends without an answer, and spent for a day when it was answered. Pure: the time comes in.

/** How the request that took a key ended. `recovered`: the process died while it ran. */
export type OriginalOutcome = 'success' | 'cut' | 'recovered'

export interface Original {
  requestId: string
  /** SHA-256 of address and body, base64url. */
  bodyHash: string
  /** Epoch milliseconds of its start. */
  atMs: number
  /** Undefined while it runs. */
  ended: { outcome: OriginalOutcome; tokens: number; costNanoUsd: number } | undefined
}

/** A key is remembered for so long. */
export const rememberedMs = 24 * 3_600_000

export class IdempotencyKeys {
  readonly #originals = new Map<string, Original>()
  readonly #entriesMax: number
  #hasForgotten = false

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** True once keys of the last day were forgotten for want of room: then only the database knows all of them. */
  get hasForgotten(): boolean {
    return this.#hasForgotten
  }

  get size(): number {
    return this.#originals.size
  }

  find(keyHash: string, nowMs: number): Original | undefined {
    const original = this.#originals.get(keyHash)
    if (!original?.ended || nowMs - original.atMs < rememberedMs) return original
    this.#originals.delete(keyHash)
    return undefined
  }

  /** The key's request begins. The caller has found that it is free. */
  take(keyHash: string, requestId: string, bodyHash: string, nowMs: number): void {
    this.#makeRoom(nowMs)
    this.#originals.set(keyHash, { requestId, bodyHash, atMs: nowMs, ended: undefined })
  }

  end(keyHash: string, ended: NonNullable<Original['ended']>): void {
    const original = this.#originals.get(keyHash)
    if (original) original.ended = ended
  }

  /** Nothing was answered: the same request may be sent again. */
  release(keyHash: string): void {
    this.#originals.delete(keyHash)
  }

  /** What an earlier process has left, oldest first. */
  restore(keyHash: string, original: Original, nowMs: number): void {
    this.#makeRoom(nowMs)
    this.#originals.set(keyHash, original)
  }

  /** The oldest go: those whose day is over, and beyond the limit those that have ended. */
  #makeRoom(nowMs: number): void {
    for (const [keyHash, original] of this.#originals) {
      const isOver = nowMs - original.atMs >= rememberedMs
      if (!isOver && this.#originals.size < this.#entriesMax) return
      if (!original.ended) continue
      this.#originals.delete(keyHash)
      if (!isOver) this.#hasForgotten = true
    }
  }
}
