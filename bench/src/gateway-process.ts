// The gateway that is measured: the demo in front of the benchmark's simulator, with its journal and its database as the benchmark
// says. Arguments: data directory, address of the simulator, mode of the journal, and the URL of a database server if there is one.
import { startDemo } from '../../gateway/src/cli/demo.ts'
import { runUntilSignal } from '../../gateway/src/cli/signals.ts'
import { loadConfig } from '../../gateway/src/config.ts'
import { createLog } from '../../gateway/src/platform/log.ts'
import { Secret } from '../../gateway/src/platform/secrets/secret.ts'
import type { SegmentDirectory } from '../../gateway/src/platform/segments.ts'
import { systemTerminal as terminal } from '../../gateway/src/platform/terminal.ts'

const [dataDir, simulatorUrl, journal = 'disk', serverUrl] = process.argv.slice(2)

/** A journal that forgets: what writing, reading and settling cost is the difference to it. */
const forgetting: SegmentDirectory = {
  create: () => ({ write: () => undefined, sync: (done) => done(null), close: () => undefined }),
  list: () => [],
  read: async () => Buffer.alloc(0),
  remove: () => undefined,
  keepReserve: () => undefined,
  dropReserve: () => undefined,
}

const config = loadConfig(
  { AICARPOOL_JOURNAL_SYNC: journal === 'off' ? 'os' : journal },
  {
    dataDir,
    host: '127.0.0.1',
    port: 0,
    egressAllowLoopback: true,
    databaseUrl: serverUrl === undefined ? undefined : new Secret(serverUrl),
  },
)
const openSegments = journal === 'off' ? () => forgetting : undefined
const log = createLog({ level: 'error' })
process.exitCode = await runUntilSignal(
  (startup) => startDemo({ config, log, terminal, simulatorUrl, hasTraffic: false, openSegments }, startup),
  terminal,
)
process.exit()
