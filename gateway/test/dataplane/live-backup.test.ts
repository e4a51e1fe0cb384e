// What a power cut leaves of the embedded database is its last snapshot; the journal must hold whatever came after it. A
// backup of a running gateway consists of just these two, so restoring one shows it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { backup } from '../../src/platform/database/backup.ts'
import { isEmbedded } from '../../src/platform/database/open.ts'
import { restore } from '../../src/platform/database/restore.ts'
import { takeSnapshot } from '../../src/platform/database/snapshots.ts'
import { createLog } from '../../src/platform/log.ts'
import { testServerUrl } from '../support/test-database.ts'
import { messagesBody, sharedPool, startTestGateway } from '../support/test-gateway.ts'

// A server keeps its own promises; only the embedded database needs the journal for this.
test.skipIf(testServerUrl !== undefined)('ME10 a backup of a running gateway restores to the same rows', async () => {
  const gateway = await startTestGateway()
  const folder = await mkdtemp(join(tmpdir(), 'aicarpool-live-backup-'))
  try {
    await gateway.addAccount('c', 'claude')
    const group = await gateway.addGroup(sharedPool('claude'))
    const say = async (count: number) => {
      for (let index = 0; index < count; index += 1)
        await (await gateway.post('/v1/messages', group.key, messagesBody('x'))).text()
    }
    await say(5)
    const { database } = gateway.app
    if (!isEmbedded(database)) throw new RangeError('this test runs on the embedded database')
    await takeSnapshot({ database, dataDir: gateway.dataDir })
    await say(7)
    const before = await gateway.rows()
    expect(before).toHaveLength(12)

    const archive = join(folder, 'live.backup')
    expect(await backup(gateway.dataDir, archive)).toMatchObject({ database: 'snapshot' })
    const restored = join(folder, 'restored')
    await restore(archive, restored)
    const config = loadConfig({}, { dataDir: restored, port: 0, host: '127.0.0.1', egressAllowLoopback: true })
    const app = await startApp({ config, log: createLog({ level: 'silent' }) })
    const { rows } = await app.database.query('SELECT * FROM usage_stats ORDER BY request_time, request_id, attempt')
    const { rows: totals } = await app.database.query('SELECT total_requests FROM groups')
    await app.stop()
    expect(rows).toEqual(before)
    expect(totals).toEqual([{ total_requests: 12n }])
  } finally {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
