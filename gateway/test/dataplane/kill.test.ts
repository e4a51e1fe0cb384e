// `kill -9` under load, again and again: what the database holds afterwards against the provider's own ledger.
// KILL_ROUNDS sets how often (3 by default, 20 for the published figure).
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { startSimulator, type LedgerEntry } from '@aicarpool/simulator'
import { openDatabase } from '../../src/platform/database/open.ts'
import { createMigratedDataDir, silentLog } from '../support/test-database.ts'
import type { UsageRow } from '../support/test-gateway.ts'

const rounds = Number(process.env['KILL_ROUNDS'] ?? 3)
const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const concurrency = 24
/** After so many complete answers, and a little more, the process is killed. */
const answersBeforeKill = 150

const dataDir = await createMigratedDataDir()
const simulator = await startSimulator({ seed: 11, accounts: [], implicitAccounts: true, speed: 0.05 })
afterAll(async () => {
  await simulator.stop()
  await rm(dataDir, { recursive: true, force: true })
})

interface Demo {
  baseUrl: string
  groups: { id: string; mode: string; key: string }[]
}

async function startGateway(): Promise<{ child: ChildProcess; demo: Demo }> {
  const args = [entry, 'demo', '--port', '0', '--data-dir', dataDir, '--no-traffic', '--simulator-url', simulator.url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  const startedMs = performance.now()
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && resolve())
    child.once('exit', () => reject(new RangeError(`the gateway did not start: ${said.join('')}`)))
  })
  startsMs.push(performance.now() - startedMs)
  return { child, demo: JSON.parse(readFileSync(`${dataDir}/demo.json`, 'utf8')) as Demo }
}

/** From the start of the process to its first answer, replaying what the one before has left. */
const startsMs: number[] = []

/** Tags whose answer arrived whole, over all rounds. */
const answered = new Set<string>()
let sent = 0

async function callOnce(demo: Demo): Promise<void> {
  sent += 1
  const tag = `k${sent}`
  const group = demo.groups[sent % demo.groups.length]
  if (!group) return
  const content = `[[tag:${tag}]] [[tokens:${20 + (sent % 40)}]]`
  const messages = [{ role: 'user', content }]
  const stream = sent % 3 === 0
  const [path, body] =
    sent % 2 === 0
      ? ['/api/ai/chat', { groupId: group.id, messages, maxTokens: 100, stream }]
      : ['/v1/chat/completions', { model: 'gpt-5.1', max_completion_tokens: 100, messages, stream }]
  const response = await fetch(demo.baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${group.key}`, 'x-client-request-id': tag },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const isWhole = stream ? /data: \[DONE\]|event: done/.test(text) : text.length > 0
  if (response.status === 200 && isWhole) answered.add(tag)
}

/** Load until the process is dead; every caller stops at its first broken connection. */
async function loadUntilKilled(child: ChildProcess, demo: Demo): Promise<void> {
  const enough = answered.size + answersBeforeKill
  const exit = once(child, 'exit')
  const callers = Array.from({ length: concurrency }, async () => {
    while (child.exitCode === null && child.signalCode === null) {
      await callOnce(demo).catch(() => undefined)
      if (answered.size >= enough) child.kill('SIGKILL')
    }
  })
  await Promise.all([...callers, exit])
}

function askForMuch(demo: Demo): Promise<Response> {
  return fetch(`${demo.baseUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${demo.groups[1]?.key}`,
      'x-client-request-id': 'cut-by-kill',
      'idempotency-key': 'once',
    },
    body: JSON.stringify({
      model: 'gpt-5.1',
      stream: true,
      max_completion_tokens: 30_000,
      messages: [{ role: 'user', content: '[[tokens:20000]]' }],
    }),
  })
}

/** Reads a long stream and kills the process when so much of its text has arrived; what has. */
async function killInMidStream(characters: number): Promise<string> {
  const { child, demo } = await startGateway()
  const exit = once(child, 'exit')
  const response = await askForMuch(demo)
  let text = ''
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      for (const [, piece = ''] of chunk.matchAll(/"content":"((?:[^"\\\\]|\\\\.)*)"/g)) text += piece
      if (text.length >= characters) child.kill('SIGKILL')
    }
  } catch {
    // The connection ends with the process.
  }
  await exit
  return text
}

async function readRows(): Promise<UsageRow[]> {
  const database = await openDatabase({ dataDir, log: silentLog })
  const { rows } = await database.query<UsageRow>('SELECT * FROM usage_stats ORDER BY request_time')
  await database.close()
  return rows
}

test(
  'ME2 after every kill -9 the rows equal the provider’s ledger and attempts in flight are recovered',
  { timeout: 120_000 + rounds * 10_000 },
  async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { child, demo } = await startGateway()
      await loadUntilKilled(child, demo)
      await simulator.idle()
    }
    // One more start replays the last journal; a clean stop settles it.
    const { child } = await startGateway()
    child.kill('SIGTERM')
    await once(child, 'exit')

    const rows = (await readRows()).filter((row) => row.metadata?.clientRequestId !== undefined)
    const byTag = new Map(rows.map((row) => [row.metadata?.clientRequestId, row]))
    expect(byTag.size).toBe(rows.length)
    const ledger = new Map(
      simulator
        .ledger()
        .filter(({ tag }) => tag !== undefined)
        .map((billed) => [billed.tag, billed]),
    )

    const differing = (tags: Iterable<string>) => [...tags].filter((tag) => !isEqual(byTag.get(tag), ledger.get(tag)))
    // What the client received in full is reported exactly.
    expect(differing(answered)).toEqual([])
    // What the provider saw has a row, exact or marked as recovered.
    const missing = [...ledger.keys()].filter((tag) => !byTag.has(tag))
    expect(missing).toEqual([])
    for (const [tag, row] of byTag) {
      if (row.usage_source === 'reported') expect(isEqual(row, ledger.get(tag)), tag).toBe(true)
      else expect(row).toMatchObject({ usage_source: 'recovered', error_code: 'gateway_stopped' })
    }
    const recovered = rows.filter((row) => row.usage_source === 'recovered').length
    expect(recovered).toBeGreaterThan(0)
    expect(recovered).toBeLessThanOrEqual(rounds * concurrency)
    const sortedMs = startsMs.toSorted((a, b) => a - b)
    const nth = (share: number) => ((sortedMs[Math.ceil(sortedMs.length * share) - 1] ?? 0) / 1000).toFixed(2)
    process.stdout.write(
      `kill -9: ${rounds} rounds, ${sent} requests sent, ${answered.size} answered in full, ${ledger.size} in the provider's ledger, ` +
        `${rows.length} rows, ${recovered} of them recovered, 0 missing, 0 double, 0 different; serving again in ${nth(0.5)} s (median), ${nth(0.99)} s (p99)\n`,
    )
  },
)

test('ME14 an answer that kill -9 cuts is billed for what was seen of it', { timeout: 120_000 }, async () => {
  const seen = await killInMidStream(40_000)
  const { child, demo } = await startGateway()
  // ID4: sent again after the crash, it is not served again.
  const again = await askForMuch(demo)
  expect([again.status, again.headers.get('x-aicarpool-original-status')]).toEqual([409, 'recovered'])
  await again.text()
  child.kill('SIGTERM')
  await once(child, 'exit')
  const row = (await readRows()).find(({ metadata }) => metadata?.clientRequestId === 'cut-by-kill')
  expect(row).toMatchObject({ usage_source: 'recovered', error_code: 'gateway_stopped' })
  const outputTokens = Number(row?.output_tokens)
  // The last eight kilobytes may be lost, and a little may have been on its way.
  expect(outputTokens).toBeGreaterThan((seen.length - 12_000) / 4)
  expect(outputTokens).toBeLessThan((seen.length + 40_000) / 4)
  const outputUsd = (outputTokens * 10) / 1_000_000
  expect(Number(row?.cost)).toBeGreaterThanOrEqual(outputUsd)
  expect(Number(row?.cost)).toBeLessThan(outputUsd + 0.001)
})

function isEqual(row: UsageRow | undefined, billed: LedgerEntry | undefined): boolean {
  return (
    row !== undefined &&
    billed !== undefined &&
    row.usage_source === 'reported' &&
    Number(row.input_tokens) === billed.usage.input &&
    Number(row.cache_read_tokens) === billed.usage.cacheRead &&
    Number(row.output_tokens) === billed.usage.output
  )
}
