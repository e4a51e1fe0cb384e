// Health, readiness, status, and what the bearer of a key may see of it.
import { AppError } from '@aicarpool/contract'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KeyDescription, registerKeyRoutes } from '../../src/controlplane/keys/routes.ts'
import { registerStatusRoutes } from '../../src/controlplane/status/routes.ts'
import { createControlServer } from '../../src/platform/http/control-server.ts'
import { createLog } from '../../src/platform/log.ts'
import { systemRandom } from '../../src/platform/random.ts'

let server: FastifyInstance
let checks: { database: () => Promise<unknown>; journal: () => Promise<unknown> }
let fireTimers: () => void
let needsSetup: boolean
let looks: number

const description: KeyDescription = {
  enterprise: { id: 'e1', name: '示例企业', timeZone: 'Asia/Shanghai' },
  group: { id: 'g1', name: '前端组', mode: 'hybrid' },
  key: { name: 'laptop', last4: 'wxyz' },
  models: ['model-a'],
  limits: [
    { scope: 'group', metric: 'money', window: 'month', limit: 20.5, used: 1.25, resetsAt: '2026-12-01T00:00:00.000Z' },
  ],
}

beforeEach(() => {
  looks = 0
  needsSetup = true
  checks = { database: async () => (looks += 1), journal: async () => {} }
  const waiting: (() => void)[] = []
  fireTimers = () => waiting.splice(0).forEach((fire) => fire())
  server = createControlServer({ log: createLog({ level: 'silent' }), random: systemRandom })
  registerStatusRoutes(server, {
    version: '1.2.3',
    databaseKind: 'embedded',
    startedAtMs: 1_800_000_000_000,
    needsSetup: () => needsSetup,
    checks: { database: async () => checks.database(), journal: async () => checks.journal() },
    timers: { after: (_ms, fire) => (waiting.push(fire), () => {}), every: () => () => {} },
  })
  registerKeyRoutes(server, {
    authenticate: (headers) => (headers.authorization === 'Bearer good' ? { name: 'p' } : new AppError('invalid_key')),
    describeKey: (principal) => ({ ...description, key: { name: principal.name, last4: 'wxyz' } }),
  })
})
afterEach(async () => server.close())

const get = async (url: string, headers = {}) => {
  const answer = await server.inject({ url, headers })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

describe('status', () => {
  test('alive whatever else fails', async () => {
    checks.database = async () => Promise.reject(new TypeError('canary'))
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } })
  })

  test('ready when database and journal work', async () => {
    expect(await get('/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, checks: { database: 'ok', journal: 'ok' } },
    })
  })

  test.each(['database', 'journal'] as const)('not ready when the %s fails, without telling why', async (name) => {
    checks[name] = () => {
      throw new TypeError('canary')
    }
    const answer = await get('/readyz')
    expect(answer).toMatchObject({ status: 503, body: { ready: false, checks: { [name]: 'failed' } } })
    expect(JSON.stringify(answer.body)).not.toContain('canary')
    expect((await get('/api/status')).body.data.ready).toBe(false)
  })

  test('a database that hangs is not ready, in bounded time', async () => {
    checks.database = async () => new Promise(() => {})
    const answer = get('/readyz')
    // The check begins a few turns after the request was sent; its time is up as soon as it waits.
    const firing = setInterval(fireTimers, 1)
    expect(await answer).toMatchObject({ status: 503, body: { checks: { database: 'timeout', journal: 'ok' } } })
    clearInterval(firing)
  })

  test('a hundred callers at once cause one look', async () => {
    let answer = () => {}
    checks.database = async () => {
      looks += 1
      return new Promise<void>((resolve) => (answer = resolve))
    }
    const firing = setInterval(() => answer(), 1)
    const answers = await Promise.all(Array.from({ length: 100 }, async () => get('/readyz')))
    clearInterval(firing)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(looks).toBeLessThan(10)
  })

  test('status says what it is', async () => {
    expect((await get('/api/status')).body).toEqual({
      success: true,
      data: {
        name: 'AiCarpool',
        version: '1.2.3',
        ready: true,
        needsSetup: true,
        database: 'embedded',
        startedAt: '2027-01-15T08:00:00.000Z',
      },
    })
    needsSetup = false
    expect((await get('/api/status')).body.data.needsSetup).toBe(false)
  })
})

describe('GET /api/keys/self', () => {
  test('describes the key of the bearer', async () => {
    const answer = await get('/api/keys/self', { authorization: 'Bearer good' })
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, data: { ...description, key: { name: 'p', last4: 'wxyz' } } },
    })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('refuses everybody else in the envelope', async () => {
    expect(await get('/api/keys/self')).toMatchObject({ status: 401, body: { success: false, code: 'invalid_key' } })
    expect(await get('/api/keys/self', { authorization: 'Bearer bad' })).toMatchObject({ status: 401 })
  })
})
