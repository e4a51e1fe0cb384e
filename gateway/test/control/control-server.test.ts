// What holds for every route of the control plane: envelope, headers, permissions, limits. Over a real socket.
import { AppError } from '@aicarpool/contract'
import type { FastifyInstance } from 'fastify'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createControlServer, succeed } from '../../src/platform/http/control-server.ts'
import { createLog } from '../../src/platform/log.ts'
import { systemRandom } from '../../src/platform/random.ts'

const config = { permission: 'public' } as const
let server: FastifyInstance
let base: string
let logged: string[]

beforeEach(async () => {
  logged = []
  const log = createLog({ level: 'info', destination: { write: (line) => void logged.push(line) } })
  server = createControlServer({ log, random: systemRandom })
  server.get('/api/ok', { config }, async () => succeed({ n: 1 }))
  const named = z.strictObject({ name: z.string() })
  server.post('/api/echo', { config }, (request) => Promise.resolve(succeed(named.parse(request.body))))
  server.get('/api/refused', { config }, async () => {
    throw new AppError('too_many_requests', { retryAfterMs: 2500 })
  })
  server.get('/api/bug', { config }, async () => {
    throw new TypeError('canary of a bug, key sk-abcdefghijkl')
  })
  base = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => server.close())

const post = async (body: string, type = 'application/json') =>
  fetch(`${base}/api/echo`, { method: 'POST', body, headers: { 'content-type': type } })

/** What the server answers to bytes that no client library would send. */
async function sendRaw(text: string): Promise<string> {
  const { port } = new URL(base)
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('close', () => resolve(answer))
    // A reset after the answer: the server did not wait for the rest of a request it had refused.
    socket.on('error', () => resolve(answer))
  })
}

describe('envelope', () => {
  test('success', async () => {
    const response = await fetch(`${base}/api/ok`)
    expect([response.status, await response.json()]).toEqual([200, { success: true, data: { n: 1 } }])
  })

  test('a refusal has its status, code and retry-after', async () => {
    const response = await fetch(`${base}/api/refused`)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await response.json()).toMatchObject({ success: false, code: 'too_many_requests' })
  })

  test('a bug is told by its request id only, and logged with everything but secrets', async () => {
    const response = await fetch(`${base}/api/bug`)
    const body = (await response.json()) as { requestId: string; code: string }
    expect(response.status).toBe(500)
    expect(body.code).toBe('internal')
    expect(JSON.stringify(body)).not.toContain('canary')
    expect(response.headers.get('x-request-id')).toBe(body.requestId)
    expect(logged.join('')).toContain(body.requestId)
    expect(logged.join('')).toContain('canary of a bug')
    expect(logged.join('')).not.toContain('abcdefghijkl')
  })

  test.each([
    ['{', 'application/json', 400, 'invalid_json'],
    ['', 'application/json', 400, 'invalid_json'],
    ['{"name":1}', 'application/json', 400, 'invalid_request'],
    ['{"name":"x","__proto__":{"a":1}}', 'application/json', 400, 'invalid_json'],
    ['{"name":"x","more":1}', 'application/json', 400, 'invalid_request'],
    ['null', 'application/json', 400, 'invalid_request'],
    ['{"name":"x"}', 'text/plain', 415, 'unsupported_content_type'],
    ['name=x', 'application/x-www-form-urlencoded', 415, 'unsupported_content_type'],
    [`{"name":"${'x'.repeat(1024 * 1024)}"}`, 'application/json', 413, 'body_too_large'],
  ])('the body %.40s as %s is %i %s', async (body, type, status, code) => {
    const response = await post(body, type)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
    expect(logged).toEqual([])
  })

  test('the field at fault is named', async () => {
    expect(await (await post('{"name":1}')).json()).toMatchObject({
      field: 'name',
      error: expect.stringContaining('name'),
    })
  })

  test.each(['/api/nothing', '/api', '/nothing', '/api/ok/more', '/%2e%2e/etc/passwd'])(
    '%s is 404 in the envelope',
    async (path) => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const response = await fetch(base + path, { method })
        expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'not_found'])
      }
    },
  )
})

describe('headers', () => {
  const all = [
    'content-security-policy',
    'x-content-type-options',
    'x-frame-options',
    'referrer-policy',
    'permissions-policy',
    'cross-origin-opener-policy',
    'x-request-id',
    'cache-control',
  ]

  test.each(['/api/ok', '/api/refused', '/api/bug', '/api/nothing', '/nothing', '/api/%zz'])(
    '%s carries all of them',
    async (path) => {
      const { headers } = await fetch(base + path)
      for (const name of all) expect([name, headers.get(name)]).toEqual([name, expect.stringMatching(/./)])
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
      expect(headers.get('strict-transport-security')).toBeNull()
    },
  )

  test('a body that cannot be read is refused with all of them', async () => {
    const { headers } = await post('{')
    for (const name of all) expect([name, headers.get(name)]).toEqual([name, expect.stringMatching(/./)])
  })

  test('scripts stand in files of ours only, and nobody may frame us', async () => {
    const policy = (await fetch(`${base}/api/ok`)).headers.get('content-security-policy') ?? ''
    const directives = new Map(policy.split('; ').map((text) => [text.split(' ')[0], text.split(' ').slice(1)]))
    expect(directives.get('script-src')).toEqual(["'self'"])
    expect(directives.get('frame-ancestors')).toEqual(["'none'"])
    expect(directives.get('object-src')).toEqual(["'none'"])
  })

  test('the caller cannot choose its request id', async () => {
    const { headers } = await fetch(`${base}/api/ok`, { headers: { 'x-request-id': 'mine', 'request-id': 'mine' } })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('permissions', () => {
  const bare = () => createControlServer({ log: createLog({ level: 'silent' }), random: systemRandom })
  const handler = async () => ({})

  test('a route without a permission stops the start', () => {
    expect(() => bare().get('/api/x', handler)).toThrow(/GET \/api\/x declares its permission/)
    expect(() => bare().get('/api/x', { config: {} }, handler)).toThrow(/declares its permission/)
  })

  test('a permission that nothing checks stops the start', () => {
    expect(() => bare().get('/api/x', { config: { permission: 'session' } }, handler)).toThrow(/checks the permission/)
    const authorise = () => {}
    expect(() => bare().get('/api/x', { config: { permission: 'public', authorise } }, handler)).toThrow(
      /checks the permission/,
    )
  })

  test('the check runs before the body is read', async () => {
    const guarded = bare()
    const authorise = () => {
      throw new AppError('missing_key')
    }
    guarded.post('/api/x', { config: { permission: 'key', authorise } }, handler)
    const answer = await guarded.inject({
      method: 'POST',
      url: '/api/x',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'missing_key'])
    await guarded.close()
  })
})

test('malformed requests end in an error answer, and the server goes on', async () => {
  const host = 'Host: x\r\nConnection: close\r\n'
  expect(
    await sendRaw(`POST /api/echo HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  ).toMatch(/^HTTP\/1.1 400/)
  expect(await sendRaw(`GET /api/ok HTTP/1.1\r\n${host}X: ${'y'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 4\d\d/)
  expect(await sendRaw(`GET /api/ok HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1.1 200/)
})
