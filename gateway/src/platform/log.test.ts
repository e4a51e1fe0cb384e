// No secret reaches a log line, whether it is found by its field's name or by how it looks.
import { expect, test } from 'vitest'
import { createLog, type LogLevel } from './log.ts'

const gatewayKey = 'aicp_Ab3dE6gH_0123456789abcdefghijABCDEFGHIJ012'
const vendorKey = 'sk-ant-api03-abcdefghijklmnop'
const googleKey = 'AIzaSyA1234567890abcdefghijklmnopqrstuv'

function capture(level: LogLevel = 'debug') {
  const lines: string[] = []
  const log = createLog({ level, destination: { write: (line) => void lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, never> }
}

test('a line is JSON with level, time and message', () => {
  const { log, last } = capture()
  log.info({ port: 4000 }, 'listening')
  expect(last()).toMatchObject({ level: 'info', msg: 'listening', port: 4000 })
  expect(Date.parse(last()['time'] as unknown as string)).toBeGreaterThan(0)
})

test.each(['authorization', 'x-api-key', 'x-goog-api-key', 'cookie', 'apiKey', 'API_KEY', 'password', 'token'])(
  'a field named %s is redacted at any depth',
  (name) => {
    const { log, lines } = capture()
    log.info({ [name]: 'canary-1', request: { headers: [{ [name]: 'canary-2' }] } }, 'x')
    expect(lines[0]).not.toContain('canary')
    expect(lines[0]).toContain('[redacted]')
  },
)

test.each([gatewayKey, vendorKey, googleKey])('the key %s is redacted in messages, fields and errors', (key) => {
  const { log, lines } = capture()
  log.error({ note: `used ${key}.`, list: [key] }, `sent ${key}`)
  const cause = Object.assign(new TypeError(`cause ${key}`), { extra: { deep: key } })
  log.error({ err: new TypeError(`failed with ${key}`, { cause }) }, 'x')
  log.child({ bound: key }).warn({}, 'x')
  const tail = key.slice(-12)
  for (const line of lines) expect(line).not.toContain(tail)
  expect(lines).toHaveLength(3)
  expect(lines[1]).toContain('failed with')
})

test('bearer headers and passwords inside URLs are redacted in texts', () => {
  const { log, lines } = capture()
  log.info({ url: 'postgres://app:s3cretpw@db.example/app' }, 'Authorization: Bearer abcdef.ghijkl')
  expect(lines[0]).not.toMatch(/s3cretpw|abcdef\.ghijkl/)
  expect(lines[0]).toContain('db.example')
})

test('cycles, bytes, bigint and very long texts end in a bounded line', () => {
  const { log, lines } = capture()
  const cycle: Record<string, unknown> = { rows: 5n, body: Buffer.from('canary') }
  cycle['self'] = cycle
  log.info({ cycle, long: 'x'.repeat(1_000_000) }, 'x')
  expect(lines[0]).not.toContain('canary')
  expect(lines[0]?.length).toBeLessThan(20_000)
})

test('lines below the level are not written', () => {
  const { log, lines } = capture('warn')
  log.info({}, 'quiet')
  log.warn({}, 'loud')
  expect(lines).toHaveLength(1)
})

test('a message cannot forge a second line', () => {
  const { log, lines } = capture()
  log.info({ name: 'a\n{"level":"error"}' }, 'first\n{"level":"error","msg":"forged"}')
  expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1)
})
