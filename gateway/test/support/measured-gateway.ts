// The gateway that the benchmark measures, as a process: the demo in front of the benchmark's simulator, with its journal and its
// database as the arguments say: data directory, address of the simulator, mode of the journal, and `embedded` or `server`, which
// is a PostgreSQL of its own.
import { startDemo } from '../../src/cli/demo.ts'
import { runUntilSignal } from '../../src/cli/signals.ts'
import { loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secrets/secret.ts'
import type { SegmentDirectory } from '../../src/platform/segments.ts'
import { systemTerminal as terminal } from '../../src/platform/terminal.ts'
import { startPostgres } from './postgres.ts'

const [dataDir, simulatorUrl, journal = 'disk', database = 'embedded'] = process.argv.slice(2)

/** A journal that forgets: what writing, reading and settling cost is the difference to it. */
const forgetting: SegmentDirectory = {
  create: () => ({ write: () => undefined, sync: (done) => done(null), close: () => undefined }),
  list: () => [],
  read: async () => Buffer.alloc(0),
  remove: () => undefined,
  keepReserve: () => undefined,
  dropReserve: () => undefined,
}

const server = database === 'server' ? await startPostgres() : undefined
const config = loadConfig(
  { AICARPOOL_JOURNAL_SYNC: journal === 'off' ? 'os' : journal },
  {
    dataDir,
    host: '127.0.0.1',
    port: 0,
    egressAllowLoopback: true,
    databaseUrl: server && new Secret(server.url),
  },
)
const openSegments = journal === 'off' ? () => forgetting : undefined
const log = createLog({ level: 'error' })
process.exitCode = await runUntilSignal(async (startup) => {
  if (server) startup.onStop(() => server.stop())
  await startDemo({ config, log, terminal, simulatorUrl, hasTraffic: false, openSegments }, startup)
}, terminal)
process.exit()
