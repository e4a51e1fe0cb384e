// LISTEN and NOTIFY, the same on every engine, and what happens when the server's connection is lost.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testEngines } from '../support/engines.ts'
import type { TestDatabase } from '../support/test-database.ts'

/** Collects payloads and lets a test wait for the n-th. */
function collectNotices() {
  const payloads: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  return {
    payloads,
    onNotice(payload: string) {
      payloads.push(payload)
      for (const { count, resolve } of waiting) if (payloads.length >= count) resolve()
    },
    reach(count: number): Promise<void> {
      if (payloads.length >= count) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ count, resolve }))
    },
  }
}

describe.each(testEngines)('notices on the $name engine', ({ name, open }) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.dispose())

  test('a committed notice arrives at every listener of its channel, a rolled back one at none', async () => {
    const { database } = opened
    const [one, two, other] = [collectNotices(), collectNotices(), collectNotices()]
    const stops = [
      await database.listen('routing', one.onNotice),
      await database.listen('routing', two.onNotice),
      await database.listen('other', other.onNotice),
    ]
    await database
      .transaction(async (transaction) => {
        await transaction.query(`SELECT pg_notify('routing', 'undone')`)
        await transaction.query('SELECT nonsense')
      })
      .catch(() => undefined) // Its failure is the point.
    await database.transaction((transaction) => transaction.query(`SELECT pg_notify('routing', '中文 payload')`))
    await database.query(`SELECT pg_notify('other', '')`)
    await Promise.all([one.reach(1), two.reach(1), other.reach(1)])
    expect([one.payloads, two.payloads, other.payloads]).toEqual([['中文 payload'], ['中文 payload'], ['']])
    for (const stop of stops) await stop()
  })

  test('after stop nothing arrives any more', async () => {
    const { database } = opened
    const [stopped, going] = [collectNotices(), collectNotices()]
    const stop = await database.listen('routing', stopped.onNotice)
    const stopGoing = await database.listen('routing', going.onNotice)
    await stop()
    await database.query(`SELECT pg_notify('routing', 'x')`)
    await going.reach(1)
    expect(stopped.payloads).toEqual([])
    await stopGoing()
  })

  test('a channel name that is no identifier is refused', async () => {
    await expect(opened.database.listen('x"; DROP TABLE users; --', () => {})).rejects.toMatchObject({
      code: 'channel_invalid',
    })
  })

  test.runIf(name === 'server')('a lost connection comes back, says so, and hears again', async () => {
    const { database } = opened
    const notices = collectNotices()
    const stop = await database.listen('routing', notices.onNotice)
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    await notices.reach(1)
    expect(notices.payloads).toEqual([''])
    await database.query(`SELECT pg_notify('routing', 'again')`)
    await notices.reach(2)
    expect(notices.payloads).toEqual(['', 'again'])
    await stop()
  })
})
