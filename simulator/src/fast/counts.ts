// What fast mode keeps instead of a ledger: how many requests, streams and events each key was answered.

/** A load test uses a handful of keys; requests of further ones are counted together under `others`. */
const KEYS_MAX = 10_000

export interface KeyCounts {
  requests: number
  streams: number
  /** Events of streams, the opening and closing ones included. */
  events: number
}

export interface FastCounts extends KeyCounts {
  fast: true
  /** By the key in full; fast mode knows no secrets. */
  keys: Record<string, KeyCounts>
}

export interface Counter {
  /** The object to count in for the key, to be kept as long as the connection lasts. */
  of(key: string): KeyCounts
  counts(): FastCounts
  clear(): void
}

export function createCounter(): Counter {
  const byKey = new Map<string, KeyCounts>()
  return {
    of(key) {
      const name = byKey.size < KEYS_MAX ? key : 'others'
      let counts = byKey.get(key) ?? byKey.get(name)
      if (counts === undefined) {
        counts = { requests: 0, streams: 0, events: 0 }
        byKey.set(name, counts)
      }
      return counts
    },
    counts() {
      const total: FastCounts = { fast: true, requests: 0, streams: 0, events: 0, keys: Object.fromEntries(byKey) }
      for (const counts of byKey.values()) {
        total.requests += counts.requests
        total.streams += counts.streams
        total.events += counts.events
      }
      return total
    },
    clear() {
      // In place, because connections hold on to their key's counts.
      for (const counts of byKey.values()) Object.assign(counts, { requests: 0, streams: 0, events: 0 })
    },
  }
}
