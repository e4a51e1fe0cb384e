// Keep-alive connections to the providers: one undici pool for each origin, made at the first use and kept. Every
// connection goes through the guarded connector, and no redirect is followed (`dispatch` never does).
// Owns connections and their timeouts; what is sent and what a failure means is the data plane's.
import { assert } from '@aicarpool/contract'
import { type Dispatcher, Pool } from 'undici'
import { createConnector, type Resolve } from './connector.ts'
import type { EgressGuard } from './egress-guard.ts'

export interface UpstreamOptions {
  guard: EgressGuard
  /** Connections to one origin; further requests wait in its queue. */
  connectionsPerOrigin: number
  /** From the request being sent to the response's headers. */
  firstByteTimeoutMs: number
  /** Longest silence inside a response's body. */
  idleTimeoutMs: number
  connectTimeoutMs?: number
  originsMax?: number
  resolve?: Resolve
}

export interface Upstream {
  /**
   * The dispatcher of an origin ("https://host:port"), the same one each time. A forbidden address is reported like any
   * failed connection: `onResponseError` with an EgressError.
   */
  pool(origin: string): Dispatcher
  /** Lets running requests end, then closes all connections. No new requests are taken. */
  close(): Promise<void>
  /** Cuts all connections; running requests fail. */
  destroy(): Promise<void>
}

/** A TCP and TLS handshake takes a few round trips; a host that needs longer than this is down. */
const connectTimeoutDefaultMs = 10_000
/** Origins kept at once. Accounts of four vendors have few; regional and private endpoints make it dozens. */
const originsMaxDefault = 256
/** Below the idle limits of the vendors' load balancers (60 s and more), so that we, not they, close a resting connection. */
const keepAliveTimeoutMs = 30_000
/** A server's own keep-alive hint is believed up to this. */
const keepAliveTimeoutMaxMs = 300_000
/** Vendors send two dozen headers of rate limits and tracing; 64 KiB is far above all of them. */
const responseHeadersMaxBytes = 65_536

interface Entry {
  pool: Pool
  lastUse: number
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const originsMax = options.originsMax ?? originsMaxDefault
  const connect = createConnector({ ...options, connectTimeoutMs: options.connectTimeoutMs ?? connectTimeoutDefaultMs })
  const entries = new Map<string, Entry>()
  const closing = new Set<Promise<void>>()
  let uses = 0
  let closed = false

  function open(origin: string): Entry {
    assert(!closed, 'no pool is opened after the upstream was closed')
    assert(URL.parse(origin)?.origin === origin, 'an origin is scheme, host and port only')
    if (entries.size >= originsMax) retire(originsMax - 1)
    const pool = new Pool(origin, {
      connect,
      connections: options.connectionsPerOrigin,
      pipelining: 1,
      allowH2: false,
      headersTimeout: options.firstByteTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveMaxTimeout: keepAliveTimeoutMaxMs,
      maxHeaderSize: responseHeadersMaxBytes,
    })
    const entry = { pool, lastUse: 0 }
    entries.set(origin, entry)
    return entry
  }

  /** Closes the longest unused pools. A busy one finishes what it has and is out of the map from now on, so the map is bounded. */
  function retire(keep: number): void {
    const byAge = [...entries].toSorted(([, a], [, b]) => busy(a.pool) - busy(b.pool) || a.lastUse - b.lastUse)
    for (const [origin, { pool }] of byAge.slice(0, entries.size - keep)) {
      entries.delete(origin)
      const done = pool.close().finally(() => closing.delete(done))
      closing.add(done)
    }
  }

  async function end(how: (pool: Pool) => Promise<void>): Promise<void> {
    closed = true
    const pools = [...entries.values()].map((entry) => entry.pool)
    await Promise.all([...pools.map(how), ...closing])
  }

  return {
    pool(origin) {
      const entry = entries.get(origin) ?? open(origin)
      entry.lastUse = uses += 1
      return entry.pool
    },
    close: () => end((pool) => pool.close()),
    destroy: () => end((pool) => pool.destroy()),
  }
}

const busy = (pool: Pool) => (pool.stats.running + pool.stats.pending > 0 ? 1 : 0)
