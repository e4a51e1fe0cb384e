// The first set-up over HTTP with a real database: the token, the throttle, the race, the account that comes out.
import { verify } from '@node-rs/argon2'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ensureSetupToken } from '../../src/controlplane/setup/setup.ts'
import { registerSetupRoutes } from '../../src/controlplane/setup/routes.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createControlServer } from '../../src/platform/http/control-server.ts'
import { createLog } from '../../src/platform/log.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let opened: TestDatabase
let server: FastifyInstance
let setUps: number
let nowMs: number

beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(async () => opened.dispose())

beforeEach(async () => {
  setUps = 0
  nowMs = 0
  for (const table of ['enterprise_members', 'users', 'enterprises', 'setup_tokens']) {
    await opened.database.query(`DELETE FROM ${table}`)
  }
  server = createControlServer({ log: createLog({ level: 'silent' }), random: systemRandom })
  registerSetupRoutes(server, {
    database: opened.database,
    random: systemRandom,
    clock: { ...systemClock, monotonic: () => nowMs },
    onSetUp: () => void (setUps += 1),
  })
})
afterEach(async () => server.close())

const newToken = async () => {
  const state = await ensureSetupToken({ database: opened.database, random: systemRandom })
  if (!state.needsSetup) throw new TypeError('already set up')
  return state.token
}
const valid = { enterpriseName: '示例企业', email: 'Admin@Example.com', password: 'a long password' }
const post = async (body: Record<string, unknown>, remoteAddress = '10.0.0.1') => {
  const answer = await server.inject({ method: 'POST', url: '/api/setup', payload: body, remoteAddress })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}
const count = async (table: string) =>
  Number((await opened.database.query<{ n: bigint }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n)

test('HO2 the token sets up once: administrator, enterprise, membership', async () => {
  const token = await newToken()
  const { status, body } = await post({ ...valid, token })
  expect(status).toBe(201)
  expect(setUps).toBe(1)
  const { rows } = await opened.database.query<{
    email: string
    password_hash: string
    role: string
    enterprise: string
    user_id: string
    enterprise_id: string
  }>(
    `SELECT u.email, u.password_hash, m.role, e.name AS enterprise, u.id AS user_id, e.id AS enterprise_id
     FROM users u JOIN enterprise_members m ON m.user_id = u.id JOIN enterprises e ON e.id = m.enterprise_id WHERE u.is_system_admin`,
  )
  expect(rows).toHaveLength(1)
  const row = rows[0] as (typeof rows)[number]
  expect(row).toMatchObject({ email: valid.email, role: 'enterprise_owner', enterprise: '示例企业' })
  expect(body).toEqual({ success: true, data: { enterpriseId: row.enterprise_id, userId: row.user_id } })
  expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await verify(row.password_hash, valid.password)).toBe(true)
})

test('a second set-up is refused with any token, and there is no new token', async () => {
  const token = await newToken()
  await post({ ...valid, token })
  expect(await post({ ...valid, token })).toMatchObject({ status: 409, body: { success: false, code: 'setup_done' } })
  expect(await post({ ...valid, token: 'wrong' })).toMatchObject({ status: 409 })
  expect(await ensureSetupToken({ database: opened.database, random: systemRandom })).toEqual({ needsSetup: false })
  expect([await count('users'), await count('enterprises'), setUps]).toEqual([1, 1, 1])
})

test('only the newest token works, and the database holds no token', async () => {
  const [first, second] = [await newToken(), await newToken()]
  expect(await post({ ...valid, token: first })).toMatchObject({ status: 403, body: { code: 'setup_token_invalid' } })
  const { rows } = await opened.database.query<{ stored: Buffer }>('SELECT token_hash AS stored FROM setup_tokens')
  expect(rows).toHaveLength(1)
  for (const token of [first, second]) expect(rows[0]?.stored.toString('latin1')).not.toContain(token)
  expect(await post({ ...valid, token: second })).toMatchObject({ status: 201 })
})

test('of ten set-ups at once exactly one wins', async () => {
  const token = await newToken()
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_, index) =>
      post({ ...valid, email: `a${index}@example.com`, token }, `10.0.1.${index}`),
    ),
  )
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, ...Array(9).fill(409)])
  expect([await count('users'), await count('enterprises'), setUps]).toEqual([1, 1, 1])
})

test('after five wrong tokens in a minute the address waits, others do not', async () => {
  const token = await newToken()
  for (let tries = 0; tries < 5; tries += 1) expect((await post({ ...valid, token: 'wrong' })).status).toBe(403)
  const refused = await post({ ...valid, token })
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
  expect(refused.headers['retry-after']).toBe('60')
  expect((await post({ ...valid, token: 'wrong' }, '10.0.0.2')).status).toBe(403)
  nowMs += 60_001
  expect((await post({ ...valid, token })).status).toBe(201)
})

test('wrong tokens sent at the same time are counted too', async () => {
  await newToken()
  const answers = await Promise.all(Array.from({ length: 20 }, async () => post({ ...valid, token: 'wrong' })))
  expect(answers.filter((answer) => answer.status === 403)).toHaveLength(5)
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(15)
})

test.each([
  ['password', { password: 'elevenchars' }],
  ['password', { password: 'x'.repeat(129) }],
  ['password', { password: 123456789012 }],
  ['email', { email: 'nobody' }],
  ['email', { email: `${'a'.repeat(250)}@example.com` }],
  ['enterpriseName', { enterpriseName: '   ' }],
  ['enterpriseName', { enterpriseName: 'x'.repeat(201) }],
  ['token', { token: '' }],
  ['', { isSystemAdmin: true }],
])('a wrong %s is named, and the token stays usable (%#)', async (field, change) => {
  const token = await newToken()
  const { status, body } = await post({ ...valid, token, ...change })
  expect([status, body.code, body.field ?? '']).toEqual([400, 'invalid_request', field])
  expect(JSON.stringify(body)).not.toContain(token)
  expect((await post({ ...valid, token })).status).toBe(201)
})

test('a set-up that fails half-way leaves nothing behind and keeps the token', async () => {
  const token = await newToken()
  await opened.database.query(`INSERT INTO users (email, name) VALUES ('admin@example.com', 'x')`)
  expect(await post({ ...valid, token })).toMatchObject({ status: 400, body: { field: 'email' } })
  expect([await count('enterprises'), setUps]).toEqual([0, 0])
  expect((await post({ ...valid, email: 'other@example.com', token })).status).toBe(201)
})
