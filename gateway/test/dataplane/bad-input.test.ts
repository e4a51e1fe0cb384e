// What callers do wrong: credentials, bodies, methods, and leaving early. The answer comes in the dialect that was called,
// with a stable code, and the next request is served as if nothing had been.
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  chatBody,
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

let gateway: TestGateway
let group: TestGroup
const bodyLimitBytes = 200_000

beforeAll(async () => {
  gateway = await startTestGateway({ config: { bodyLimitBytes } })
  await gateway.addAccount('c', 'claude')
  await gateway.addAccount('o', 'openai')
  group = await gateway.addGroup(sharedPool('claude', 'openai'))
})
afterAll(() => gateway.stop())

const dialects = [
  {
    path: '/v1/chat/completions',
    good: chatBody('hi'),
    code: (answer: never) => (answer as { error: { code: string } }).error.code,
  },
  {
    path: '/v1/messages',
    good: messagesBody('hi'),
    code: (answer: never) => (answer as { error: { details: { error_code: string } } }).error.details.error_code,
  },
  { path: '/api/ai/chat', good: {}, code: (answer: never) => (answer as { code: string }).code },
]
const goodBody = (dialect: (typeof dialects)[number]) =>
  JSON.stringify(
    dialect.path === '/api/ai/chat' ? { groupId: group.id, messages: [{ role: 'user', content: 'hi' }] } : dialect.good,
  )

async function refusal(dialect: (typeof dialects)[number], init: RequestInit): Promise<[number, string]> {
  const response = await fetch(gateway.app.url + dialect.path, { method: 'POST', ...init })
  expect(response.headers.get('x-request-id')).toBeTruthy()
  return [response.status, dialect.code((await response.json()) as never)]
}

async function stillServes(dialect: (typeof dialects)[number]): Promise<void> {
  const response = await gateway.post(dialect.path, group.key, goodBody(dialect))
  expect(response.status).toBe(200)
  await response.text()
}

const json = { 'content-type': 'application/json' }

test.each(dialects)('AU1 the key is read from every header that SDKs use: $path', async (dialect) => {
  for (const header of [
    { authorization: `Bearer ${group.key}` },
    { 'x-api-key': group.key },
    { 'x-goog-api-key': group.key },
    { authorization: `bearer  ${group.key}` },
  ]) {
    const headers = Object.fromEntries(
      Object.entries({ ...json, ...header }).map(([name, value]) => [name, value ?? '']),
    )
    const response = await fetch(gateway.app.url + dialect.path, { method: 'POST', headers, body: goodBody(dialect) })
    expect(response.status).toBe(200)
    await response.text()
  }
  expect(await refusal(dialect, { headers: json, body: goodBody(dialect) })).toEqual([401, 'missing_key'])
})

test.each(dialects)('AU2 wrong keys are refused alike: $path', async (dialect) => {
  const { key } = group
  const altered = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')
  const wrong = [
    altered,
    key.slice(0, -1),
    `${key}x`,
    'aicp_aaaaaaaa_' + 'b'.repeat(33),
    'sk-anything',
    key.toUpperCase(),
  ]
  for (const bad of [...wrong, "' OR 1=1 --", '__proto__', 'a'.repeat(7000)]) {
    const headers = { ...json, authorization: `Bearer ${bad}` }
    expect(await refusal(dialect, { headers, body: goodBody(dialect) }), bad).toEqual([401, 'invalid_key'])
  }
  await stillServes(dialect)
})

test('AU3 a key that expires or is revoked (AU2) is refused within a second', async () => {
  const other = await gateway.addGroup(sharedPool('claude', 'openai'))
  const [dialect] = dialects
  if (!dialect) return
  const headers = { ...json, authorization: `Bearer ${other.key}` }
  expect((await gateway.post(dialect.path, other.key, goodBody(dialect))).status).toBe(200)
  const changeUntil = async (statement: string, code: string) => {
    await gateway.app.database.query(statement, [other.id])
    const deadline = Date.now() + 1000
    for (;;) {
      const found = await refusal(dialect, { headers, body: goodBody(dialect) }).catch(() => undefined)
      if (found?.[1] === code || Date.now() > deadline) return found
    }
  }
  const expire = "UPDATE api_keys SET expires_at = now() - interval '1 hour' WHERE group_id = $1"
  expect(await changeUntil(expire, 'key_expired')).toEqual([401, 'key_expired'])
  const revoke = "UPDATE api_keys SET expires_at = null, status = 'revoked' WHERE group_id = $1"
  expect(await changeUntil(revoke, 'key_revoked')).toEqual([401, 'key_revoked'])
})

const bodies: [string, string | Uint8Array<ArrayBuffer>, number, string][] = [
  ['no JSON', 'hello', 400, 'invalid_json'],
  ['nothing', '', 400, 'invalid_json'],
  ['half a document', '{"model":"gpt-5.1","messages":[{"role":"us', 400, 'invalid_json'],
  ['a list', '[]', 400, 'invalid_json'],
  ['a string', '"x"', 400, 'invalid_json'],
  ['null', 'null', 400, 'invalid_json'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, 'invalid_json'],
  ['deep nesting', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400, 'body_too_deep'],
  ['a huge document', `{"a":"${'x'.repeat(bodyLimitBytes)}"}`, 413, 'body_too_large'],
  ['an empty object', '{}', 400, 'invalid_request'],
  ['prototype games', '{"__proto__":{"model":"gpt-5.1"},"constructor":{"prototype":{}}}', 400, 'invalid_request'],
]

test.each(bodies)('RQ1 a body of %s is refused in every dialect', async (_name, body, status, code) => {
  for (const dialect of dialects) {
    const headers = { ...json, authorization: `Bearer ${group.key}` }
    expect(await refusal(dialect, { headers, body }), dialect.path).toEqual([status, code])
    await stillServes(dialect)
  }
})

test.each(dialects)('RQ1 another content type or an encoding is refused: $path', async (dialect) => {
  for (const headers of [
    { 'content-type': 'text/plain' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { ...json, 'content-encoding': 'gzip' },
  ]) {
    const init = {
      headers: { ...headers, authorization: `Bearer ${group.key}` } as Record<string, string>,
      body: goodBody(dialect),
    }
    expect(await refusal(dialect, init)).toEqual([415, 'unsupported_content_type'])
  }
  const suffixed = { 'content-type': 'application/vnd.api+json; charset=utf-8', authorization: `Bearer ${group.key}` }
  const response = await fetch(gateway.app.url + dialect.path, {
    method: 'POST',
    headers: suffixed,
    body: goodBody(dialect),
  })
  expect(response.status).toBe(200)
  await response.text()
})

test('RQ1 a huge body is refused before it was sent', async () => {
  const socket = connect(Number(new URL(gateway.app.url).port), '127.0.0.1')
  const head = `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${group.key}\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n{`
  socket.write(head)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect(chunk.toString()).toMatch(/^HTTP\/1.1 413/)
  expect(chunk.toString().toLowerCase()).toContain('connection: close')
  socket.destroy()
})

test.each(dialects)('RQ3 only POST is taken: $path', async (dialect) => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    expect(await refusal(dialect, { method, headers: { authorization: `Bearer ${group.key}` } })).toEqual([
      405,
      'method_not_allowed',
    ])
  }
})

test('RQ2 a client that leaves inside its body leaves nothing behind', async () => {
  const before = (await gateway.rows()).length
  for (let count = 0; count < 20; count += 1) {
    const socket = connect(Number(new URL(gateway.app.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${group.key}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"model":`,
    )
    socket.destroy()
    await once(socket, 'close')
  }
  for (const dialect of dialects) await stillServes(dialect)
  expect((await gateway.rows()).length).toBe(before + dialects.length)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
  expect(gateway.app.live.activeTotal()).toBe(0)
})

test('unknown addresses are answered by the control plane’s envelope', async () => {
  const response = await fetch(`${gateway.app.url}/api/nothing`, { headers: { accept: 'application/json' } })
  expect([response.status, await response.json()]).toMatchObject([404, { success: false, code: 'not_found' }])
})
