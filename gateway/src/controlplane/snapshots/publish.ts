// Keeps the routing snapshot current: loads every enterprise at start, then each one whose version has grown. A notice
// wakes it at once; versions are polled as well, because notices can be lost with a connection.
import { compileEnterprise, type Vendors } from '../../core/routing/compile.ts'
import type { EnterpriseView, RoutingSnapshot } from '../../core/routing/snapshot.ts'
import type { EnterpriseId } from '@aicarpool/contract'
import type { LimitView } from '../../core/quota/limits.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { Timers } from '../../platform/timers.ts'
import { loadEnterprise } from './load.ts'
import { routingVersions } from './queries.ts'

export interface PublisherOptions {
  database: Database
  snapshot: RoutingSnapshot
  vendors: Vendors
  /** Brings the vendors' prices up to date; before anything is compiled. */
  refreshPrices: () => Promise<void>
  timers: Timers
  log: Log
  /** Called with the limits of a view before it is published; what it answers is called in the turn of the publication. */
  prepareLimits: (enterpriseId: string, limits: readonly LimitView[]) => Promise<() => void>
}

export interface Publisher {
  /** Brings the snapshot up to the database's present state. */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** A change is in force within a second even where its notice was lost. */
const pollIntervalMs = 800
const routingChannel = 'routing'

export async function startPublisher(options: PublisherOptions): Promise<Publisher> {
  const { database, snapshot, timers, log } = options
  const published = new Map<string, bigint>()
  let walk: Promise<void> = Promise.resolve()
  let isStopped = false

  async function publish(id: string, version: bigint): Promise<void> {
    const report = (problem: string) =>
      log.warn({ enterpriseId: id, problem }, 'A part of the configuration is not usable')
    const rows = await loadEnterprise(database, id, version, report)
    const view = rows && compileEnterprise(rows, options.vendors, report)
    const enforceLimits = await options.prepareLimits(id, view ? limitsOf(view) : [])
    enforceLimits()
    if (view) snapshot.replace(view)
    else snapshot.remove(id as EnterpriseId)
    published.set(id, version)
  }

  async function catchUp(): Promise<void> {
    // The versions are read before prices and rows: a change in between is loaded now and once more, never missed.
    const versions = await routingVersions(database)
    await options.refreshPrices()
    for (const [id, version] of versions) {
      if (published.get(id) === version) continue
      await publish(id, version).catch((error: unknown) => {
        // One enterprise that cannot be loaded keeps its last view; the others must not wait for it.
        log.error({ enterpriseId: id, err: error }, 'The configuration of an enterprise could not be loaded')
      })
    }
  }

  function refresh(): Promise<void> {
    walk = walk.catch(() => undefined).then(catchUp)
    return walk
  }

  const refreshQuietly = () => {
    if (isStopped) return
    refresh().catch((error: unknown) =>
      log.error({ error }, 'The routing snapshot could not be refreshed; the last one stays in force'),
    )
  }

  await refresh()
  const stopListening = await database.listen(routingChannel, refreshQuietly)
  const stopPolling = timers.every(pollIntervalMs, refreshQuietly)
  return {
    refresh,
    async stop() {
      isStopped = true
      stopPolling()
      await stopListening()
      await walk.catch(() => undefined)
    },
  }
}

function limitsOf(view: EnterpriseView): LimitView[] {
  const limits = new Map<string, LimitView>()
  for (const key of view.keys) for (const limit of key.limits) limits.set(limit.cellId, limit)
  for (const account of view.accounts) for (const limit of account.limits) limits.set(limit.cellId, limit)
  return [...limits.values()]
}
