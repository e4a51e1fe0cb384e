// The simulator's own books: what every account was billed, written at the moment of billing and before the caller can
// see the end of the answer. It is the oracle that a gateway's metering is compared with.
import type { VendorName } from './vendor-name.ts'

/** A load test of a million requests stays comparable; beyond that the oldest go, and `dropped` says how many. */
const LEDGER_ENTRIES_MAX = 1_000_000

/** Disjoint classes, but for the two that say so: the first six add up to the whole prompt. */
export interface Usage {
  input: number
  cacheRead: number
  cacheWrite5m: number
  cacheWrite1h: number
  /** OpenAI's lives of a cache entry. */
  cacheWrite30m: number
  cacheWrite12h: number
  /** Part of the input, in whichever of its classes the images are. */
  image: number
  /** What the vendor's own tools brought in while it answered: input besides the prompt. */
  toolInput: number
  output: number
  /** Part of the output. */
  reasoning: number
  /** A number of requests, not of tokens. */
  webSearches: number
}

export const NO_USAGE: Readonly<Usage> = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  cacheWrite30m: 0,
  cacheWrite12h: 0,
  image: 0,
  toolInput: 0,
  output: 0,
  reasoning: 0,
  webSearches: 0,
}

/** All tokens of the prompt, of whatever class: what the wires that count caches inside it report. */
export function wholeInput(usage: Usage): number {
  return usage.input + usage.cacheRead + cacheWrites(usage)
}

export function cacheWrites({ cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h }: Usage): number {
  return cacheWrite5m + cacheWrite1h + cacheWrite30m + cacheWrite12h
}

export type Outcome = 'ok' | 'error' | 'cut' | 'client-gone'

export interface LedgerEntry {
  seq: number
  vendor: VendorName
  keyLast4: string
  account: string
  organisation: string
  workspace?: string
  /** Which of the vendor's endpoints, by the name its folder gives it, such as `chat`; '' where there is none. */
  endpoint: string
  model: string
  responseId: string
  requestId: string
  /** 0 when no status line was sent. */
  status: number
  streamed: boolean
  tag?: string
  /** The fault that a script put on this request. */
  fault?: string
  usage: Usage
  outcome: Outcome
  /** True once the vendor had begun to answer: the input in full, the output as far as it was generated. */
  billed: boolean
  /** Milliseconds since the epoch. */
  startedAt: number
  endedAt: number
}

export interface Ledger {
  write(entry: Omit<LedgerEntry, 'seq'>): LedgerEntry
  /** Entries with a sequence number above `since`, in order. */
  entries(since?: number): LedgerEntry[]
  clear(): void
  readonly dropped: number
}

export function createLedger(): Ledger {
  let entries: LedgerEntry[] = []
  let seq = 0
  let dropped = 0
  return {
    write(entry) {
      seq += 1
      const written = { seq, ...entry }
      entries.push(written)
      if (entries.length > LEDGER_ENTRIES_MAX) {
        // A tenth at a time, because shifting a million entries by one at each write would be quadratic.
        const goneEntries = LEDGER_ENTRIES_MAX / 10
        entries = entries.slice(goneEntries)
        dropped += goneEntries
      }
      return written
    },
    entries: (since = 0) => entries.filter((entry) => entry.seq > since),
    clear() {
      entries = []
    },
    get dropped() {
      return dropped
    },
  }
}
