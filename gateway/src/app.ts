// The composition root: config → lock → secrets → database → journal → planes → HTTP, started in this order and stopped in
// the reverse one. The only wiring; no rule lives here.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@aicarpool/contract'
import type { Config } from './config.ts'
import { apiKeyAddress } from './controlplane/accounts/accounts.ts'
import { registerConsole } from './controlplane/console/routes.ts'
import { registerKeyRoutes } from './controlplane/keys/routes.ts'
import { createCurrentPrices } from './controlplane/prices/prices.ts'
import { startReconciliation } from './controlplane/reconciliation/reconciliation.ts'
import { registerSetupRoutes } from './controlplane/setup/routes.ts'
import { ensureSetupToken } from './controlplane/setup/setup.ts'
import { startPublisher, type Publisher } from './controlplane/snapshots/publish.ts'
import { registerStatusRoutes } from './controlplane/status/routes.ts'
import { startPartitionUpkeep } from './controlplane/upkeep/partitions.ts'
import { findOriginal } from './controlplane/usage/idempotency-queries.ts'
import { startIdempotencyUpkeep } from './controlplane/usage/idempotency-upkeep.ts'
import { createLimitCounts } from './controlplane/usage/limit-counts.ts'
import { Settler } from './controlplane/usage/settler.ts'
import { IdempotencyKeys } from './core/idempotency/idempotency-keys.ts'
import { shippedCatalogue } from './core/pricing/catalogue.ts'
import type { Catalogue } from './core/pricing/parse-catalogue.ts'
import { shippedProviders } from './core/providers/index.ts'
import type { Providers } from './core/providers/registry.ts'
import { Ledger } from './core/quota/ledger.ts'
import type { Vendors } from './core/routing/compile.ts'
import { RoutingSnapshot, type AccountView, type KeyView } from './core/routing/snapshot.ts'
import { createAuthenticate, type Authenticate } from './dataplane/authenticate.ts'
import { createCredentials } from './dataplane/credentials.ts'
import { createEntry } from './dataplane/entry.ts'
import { Journal } from './dataplane/journal.ts'
import { describeKey } from './dataplane/key-description.ts'
import { createListener } from './dataplane/listener.ts'
import { createRoom } from './dataplane/room.ts'
import { createLive, type Live } from './dataplane/live.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import type { Database } from './platform/database/database.ts'
import { migrate } from './platform/database/migrate.ts'
import { isEmbedded, openDatabase } from './platform/database/open.ts'
import { acquireOwnerLock } from './platform/database/owner-lock.ts'
import { startSnapshotSchedule } from './platform/database/snapshot-schedule.ts'
import { createControlServer } from './platform/http/control-server.ts'
import type { Log } from './platform/log.ts'
import { loadNodeId } from './platform/node-identity.ts'
import { systemRandom, type Random } from './platform/random.ts'
import { createKeyHasher, type KeyHasher } from './platform/secrets/gateway-key.ts'
import { loadSecrets } from './platform/secrets/secrets-file.ts'
import { createVault, type Vault } from './platform/secrets/vault.ts'
import { openSegmentDirectory, type SegmentDirectory } from './platform/segments.ts'
import { systemTimers, type Timers } from './platform/timers.ts'
import { endOfTurn } from './platform/turn.ts'
import { createEgressGuard, type EgressGuard } from './platform/upstream/egress-guard.ts'
import { createUpstream } from './platform/upstream/pools.ts'

export const productVersion = '0.1.0'

export interface AppOptions {
  config: Config
  log: Log
  clock?: Clock
  timers?: Timers
  random?: Random
  /** The vendors and their models, where they are not the shipped ones. */
  providers?: Providers
  catalogue?: Catalogue
  /** Where the journal's segments are kept; tests put a faulty disk here. */
  openSegments?: ((path: string) => SegmentDirectory) | undefined
  /** Called when the process cannot go on (the embedded database died). */
  onFatal?: (error: Error) => void
}

export interface App {
  /** "http://127.0.0.1:4000" */
  readonly url: string
  /** Present until the gateway is set up. */
  readonly setupToken: string | undefined
  readonly database: Database
  readonly vault: Vault
  readonly guard: EgressGuard
  readonly hasher: KeyHasher
  readonly random: Random
  readonly providers: Providers
  readonly ledger: Ledger
  readonly live: Live
  readonly snapshot: RoutingSnapshot
  readonly publisher: Publisher
  readonly settler: Settler
  /** Takes no new requests, lets running ones end (bounded), settles everything, and closes. */
  stop(): Promise<void>
}

const drainPollMs = 50
/** Requests that were cut still have to be settled; that takes one turn and one write. */
const cutMaxMs = 5000
/** Slow-loris bounds: headers, then the whole request, must arrive in time. */
const headersTimeoutMs = 20_000
const requestTimeoutMs = 120_000
const keepAliveTimeoutMs = 65_000
const loopback = '127.0.0.1'
/** Some 200 bytes each; beyond them the database is asked. */
const idempotencyKeysMax = 100_000
const consoleDirectory = join(fileURLToPath(new URL('../../console/dist', import.meta.url)))

type Stop = () => unknown

interface Ports extends Vendors {
  clock: Clock
  timers: Timers
  random: Random
  log: Log
}

export async function startApp(options: AppOptions): Promise<App> {
  const stops: Stop[] = []
  const stopAll = async () => {
    for (const stop of stops.splice(0).toReversed()) await stop()
  }
  try {
    const ports: Ports = {
      clock: options.clock ?? systemClock,
      timers: options.timers ?? systemTimers,
      random: options.random ?? systemRandom,
      providers: options.providers ?? shippedProviders,
      catalogue: options.catalogue ?? shippedCatalogue,
      log: options.log,
    }
    const storage = await openStorage(options, ports, stops)
    const metering = await openMetering(options, storage, ports, stops)
    const routing = await openRouting(storage, metering, ports, stops)
    const http = await openHttp(options, { ...storage, ...metering, ...routing }, ports, stops)
    const { random, providers } = ports
    return { ...storage, ...metering, ...routing, ...http, random, providers, stop: stopAll }
  } catch (error) {
    await stopAll()
    throw error
  }
}

/** The data directory's lock, the secrets in it, and the migrated database. */
async function openStorage({ config, onFatal }: AppOptions, { clock, timers, random, log }: Ports, stops: Stop[]) {
  const lock = acquireOwnerLock(config.dataDir, { clock })
  stops.push(() => lock.release())
  const secrets = loadSecrets({ ...config, random })
  if (secrets.created)
    log.warn({ dataDir: config.dataDir }, 'A secrets file was made; keep a copy, without it stored keys are lost')
  const database = await openDatabase({
    dataDir: config.dataDir,
    databaseUrl: config.databaseUrl?.reveal(),
    log,
    ownerLock: lock,
    onFatal,
  })
  stops.push(() => database.close())
  await migrate(database)
  stops.push(await startPartitionUpkeep({ database, timers, log }))
  const vault = createVault(secrets)
  const guard = createEgressGuard({ allowLoopback: config.egressAllowLoopback })
  return { lock, database, vault, guard, hasher: createKeyHasher(secrets.keyPepper) }
}

type Storage = Awaited<ReturnType<typeof openStorage>>

/** Settles what an earlier process left in the journal, then opens a new segment. */
async function openMetering(options: AppOptions, { lock, database }: Storage, ports: Ports, stops: Stop[]) {
  const { config, log } = options
  const { timers } = ports
  const directory = (options.openSegments ?? openSegmentDirectory)(join(config.dataDir, 'journal'))
  const nodeId = loadNodeId(config.dataDir, ports.random)
  const settler = new Settler({ database, directory, nodeId, timers, log, keepsSegments: isEmbedded(database) })
  const replayed = await settler.replay()
  if (replayed.settled + replayed.recovered > 0)
    log.warn({ ...replayed }, 'An earlier process left usage in the journal; it is settled now')
  if (isEmbedded(database)) {
    // What is settled before a snapshot is in it, so the segments up to there have served.
    const beforeTake = () => {
      const first = settler.firstNeededSegment()
      return () => settler.removeSegmentsBefore(first)
    }
    const schedule = startSnapshotSchedule({ database, dataDir: config.dataDir, log, clock: ports.clock, beforeTake })
    stops.push(() => schedule.stop())
  }
  const journal = new Journal({
    directory,
    nodeId,
    epoch: lock.epoch,
    sync: config.journalSync,
    timers,
    endOfTurn,
    onError: (error) => log.error({ err: error }, 'The journal could not be written'),
    onWritten: settler.wake,
  })
  stops.push(async () => {
    await journal.close()
    await settler.stop()
  })
  // What the replay has settled is among them.
  const idempotencyKeys = new IdempotencyKeys(idempotencyKeysMax)
  const upkeep = { database, keys: idempotencyKeys, keysMax: idempotencyKeysMax, clock: ports.clock, timers, log }
  stops.push(await startIdempotencyUpkeep(upkeep))
  return { journal, settler, idempotencyKeys }
}

/** The snapshot of the configuration, kept current, and the ledger that counts against its limits. */
async function openRouting({ database }: Storage, { journal, settler }: Metering, ports: Ports, stops: Stop[]) {
  const { clock, timers, log } = ports
  const ledger = new Ledger()
  const snapshot = new RoutingSnapshot()
  const settled = async () => {
    await journal.written()
    await settler.settleNow()
  }
  const limitCounts = createLimitCounts({ database, ledger, clock, timers, log, settled })
  stops.push(() => limitCounts.stop())
  const prices = createCurrentPrices(database, ports.providers, ports.catalogue, log)
  const publisher = await startPublisher({
    database,
    snapshot,
    vendors: {
      providers: ports.providers,
      get catalogue() {
        return prices.catalogue
      },
    },
    refreshPrices: prices.refresh,
    timers,
    log,
    prepareLimits: limitCounts.prepare,
  })
  stops.push(() => publisher.stop())
  const live = createLive((account, health, failure) =>
    log.warn(
      { accountId: account.id, health, kind: failure.kind, code: failure.code },
      'The health of an account changed',
    ),
  )
  const books = { database, ledger, clock, limits: limitCounts.inForce, settled }
  stops.push(startReconciliation({ ...books, providers: ports.providers, timers, log }))
  return { ledger, snapshot, publisher, live }
}

type Metering = Awaited<ReturnType<typeof openMetering>>
type Parts = Storage & Metering & Awaited<ReturnType<typeof openRouting>>

/** What serves model traffic, and the connections to the providers under it. */
function openDataPlane({ config }: AppOptions, parts: Parts, ports: Ports) {
  const timeouts = {
    firstByteTimeoutMs: config.upstreamFirstByteTimeoutMs,
    idleTimeoutMs: config.upstreamIdleTimeoutMs,
  }
  const upstream = createUpstream({
    ...timeouts,
    guard: parts.guard,
    connectionsPerOrigin: config.upstreamConnections,
  })
  const openKey = (account: AccountView) =>
    parts.vault.open(account.credentialEnvelope, apiKeyAddress(account.enterpriseId, account.id)).reveal()
  return {
    ...ports,
    ...timeouts,
    journal: parts.journal,
    upstream,
    live: parts.live,
    ledger: parts.ledger,
    room: createRoom(parts.ledger, ports.timers),
    snapshot: parts.snapshot,
    authenticate: createAuthenticate({ snapshot: parts.snapshot, hasher: parts.hasher, clock: ports.clock }),
    credentials: createCredentials(openKey),
    idempotency: {
      keys: parts.idempotencyKeys,
      clock: ports.clock,
      findOriginal: (keyHash: string) => findOriginal(parts.database, keyHash, ports.clock.now()),
    },
    bodyBytesMax: config.bodyLimitBytes,
  }
}

/** One port: model traffic to the data plane, everything else to the control plane. */
async function openHttp(options: AppOptions, parts: Parts, ports: Ports, stops: Stop[]) {
  const { config, log } = options
  const { clock } = ports
  const { database, journal, ledger, live } = parts
  const dataPlane = openDataPlane(options, parts, ports)
  const { authenticate, upstream } = dataPlane
  let isDraining = false
  const enter = createEntry({
    ...ports,
    live,
    concurrentRequestsMax: config.concurrentRequestsMax,
    isDraining: () => isDraining,
  })
  const control = createControlServer({
    log,
    random: ports.random,
    serverFactory: (controlPlane) => createHttpServer(createListener(enter, dataPlane, controlPlane)),
  })
  const setup = await ensureSetupToken({ database, random: ports.random })
  let { needsSetup } = setup
  registerStatusRoutes(control, {
    version: productVersion,
    databaseKind: database.kind,
    startedAtMs: clock.now(),
    needsSetup: () => needsSetup,
    checks: { database: () => database.query('SELECT 1'), journal: async () => requireJournal(journal) },
    timers: ports.timers,
  })
  registerSetupRoutes(control, {
    database,
    random: ports.random,
    clock,
    onSetUp() {
      needsSetup = false
      listenBeyondLoopback(control.server, config, log)
    },
  })
  registerKeyRoutes(control, {
    authenticate: (headers) => keyOrRefusal(authenticate, headers),
    describeKey: (key) => describeKey(key, ledger, clock.now()),
  })
  await registerConsole(control, { directory: consoleDirectory })
  await control.listen({ host: needsSetup ? loopback : config.host, port: config.port })
  stops.push(async () => {
    isDraining = true
    await drained(live, config.drainTimeoutMs, ports)
    control.server.closeAllConnections()
    await upstream.destroy()
    await drained(live, cutMaxMs, ports)
    await control.close()
  })
  return { url: urlOf(control.server), setupToken: setup.needsSetup ? setup.token : undefined }
}

function createHttpServer(listener: RequestListener): Server {
  const server = createServer({ noDelay: true, keepAliveTimeout: keepAliveTimeoutMs }, listener)
  server.headersTimeout = headersTimeoutMs
  server.requestTimeout = requestTimeoutMs
  return server
}

function requireJournal(journal: Journal): void {
  if (!journal.isAvailable) throw new AppError('journal_unavailable')
}

function keyOrRefusal(authenticate: Authenticate, headers: IncomingHttpHeaders): KeyView | AppError {
  try {
    return authenticate(headers)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/**
 * Before the set-up only this machine could connect. The listening socket is replaced by one on the configured address;
 * the answer to the set-up itself is still on its way over a connection that stays open.
 */
function listenBeyondLoopback(server: Server, config: Config, log: Log): void {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  if (config.host === loopback) return
  server.once('error', (error) =>
    log.error({ err: error, host: config.host, port }, 'The gateway cannot listen on HOST; correct it and restart'),
  )
  server.close()
  server.listen(port, config.host, () => log.info({ host: config.host, port }, 'The gateway is set up and listens'))
}

function urlOf(server: Server): string {
  const address = server.address()
  return typeof address === 'object' && address ? `http://${loopback}:${address.port}` : ''
}

function drained(live: Live, maxMs: number, { timers, clock }: Ports): Promise<void> {
  const deadlineMs = clock.monotonic() + maxMs
  return new Promise((resolve) => {
    const look = () => {
      if (live.openRequests() === 0 || clock.monotonic() >= deadlineMs) resolve()
      else timers.after(drainPollMs, look)
    }
    look()
  })
}
