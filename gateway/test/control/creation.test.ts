// The making of enterprises, people, groups, accounts, bindings, limits and keys, with a real database.
import { AppError, type AccountId, type EnterpriseId, type GroupId, type UserId } from '@aicarpool/contract'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { apiKeyAddress, createAccount } from '../../src/controlplane/accounts/accounts.ts'
import type { NewAccount } from '../../src/controlplane/accounts/new-account.ts'
import { type NewBinding, saveBinding } from '../../src/controlplane/bindings/bindings.ts'
import { createEnterprise } from '../../src/controlplane/enterprises/enterprises.ts'
import { createGroup } from '../../src/controlplane/groups/groups.ts'
import { createKey } from '../../src/controlplane/keys/keys.ts'
import { saveLimit } from '../../src/controlplane/limits/limits.ts'
import { addEnterpriseMember, addGroupMember, createUser } from '../../src/controlplane/members/members.ts'
import { serviceTypes, shippedProviders } from '../../src/core/providers/index.ts'
import type { Transaction } from '../../src/platform/database/database.ts'
import { answerError } from '../../src/platform/http/error-answer.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { createKeyHasher } from '../../src/platform/secrets/gateway-key.ts'
import { Secret } from '../../src/platform/secrets/secret.ts'
import { createVault } from '../../src/platform/secrets/vault.ts'
import { createEgressGuard } from '../../src/platform/upstream/egress-guard.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

const random = systemRandom
const newSecret = () => new Secret(random.bytes(32).toString('base64'))
const vault = createVault({ keys: [{ kid: 'k1', key: newSecret() }] })
const guard = createEgressGuard({ allowLoopback: false })
const maker = { providers: shippedProviders, vault, guard, random }
const keys = { hasher: createKeyHasher(newSecret()), random }

let opened: TestDatabase
let enterpriseId: EnterpriseId
let groupId: GroupId
let serial = 0

const inTransaction = async <T>(work: (tx: Transaction) => Promise<T>) => opened.database.transaction(work)
/** The refusal as "code field", so that one line says which rule spoke. */
async function refusal(work: (tx: Transaction) => Promise<unknown>): Promise<string> {
  try {
    await inTransaction(work)
    return 'accepted'
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.field ?? ''}`
    if (error instanceof z.ZodError) return `schema ${error.issues[0]?.path.join('.')}`
    throw error
  }
}

const account = (changes: Partial<NewAccount> = {}): NewAccount => ({
  name: 'account',
  serviceType: 'claude',
  accountType: 'dedicated',
  apiKey: 'sk-canary-0123456789',
  supportedModels: ['model-a', 'model-b'],
  dailyLimit: null,
  ...changes,
})
const addAccount = async (changes: Partial<NewAccount> = {}, owner = enterpriseId) =>
  inTransaction(async (tx) => createAccount(tx, maker, owner, account(changes)))
const dedicated = (...ids: string[]): NewBinding => ({
  bindingConfig: {
    mode: 'dedicated',
    accounts: ids.map((accountId) => ({ accountId, serviceType: 'claude', priority: 1 })),
  },
})

beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(async () => opened.dispose())
beforeEach(async () => {
  await inTransaction(async (tx) => {
    enterpriseId = await createEnterprise(tx, random, { name: 'Example' })
    groupId = await createGroup(tx, random, enterpriseId, { name: 'group' })
  })
})

const addUser = async (tx: Transaction, email = `user${(serial += 1)}@example.com`): Promise<UserId> =>
  createUser(tx, random, { email, name: 'Someone' })

describe('accounts', () => {
  test('the key is sealed for its row and stored nowhere in the clear', async () => {
    const id = await addAccount({
      apiEndpoint: 'https://proxy.example.com/base',
      organisation: 'org',
      costPerToken: '0.00001',
    })
    const { rows } = await opened.database.query<Record<string, unknown> & { api_key_envelope: Buffer }>(
      'SELECT * FROM ai_service_accounts WHERE id = $1',
      [id],
    )
    const row = rows[0] as (typeof rows)[number]
    expect(row).toMatchObject({
      enterprise_id: enterpriseId,
      api_key_last4: '6789',
      supported_models: ['model-a', 'model-b'],
      current_model: 'model-a',
      daily_limit: null,
      cost_per_token: '0.000010000000',
      weight: 100,
    })
    expect(inspect(row)).not.toContain('canary')
    expect(row.api_key_envelope.toString('latin1')).not.toContain('canary')
    expect(vault.open(row.api_key_envelope, apiKeyAddress(enterpriseId, id)).reveal()).toBe('sk-canary-0123456789')
  })

  test('an envelope that is copied to another account does not open there', async () => {
    const [first, second] = [await addAccount(), await addAccount()]
    await opened.database.query(
      'UPDATE ai_service_accounts SET api_key_envelope = (SELECT api_key_envelope FROM ai_service_accounts WHERE id = $1) WHERE id = $2',
      [first, second],
    )
    const { rows } = await opened.database.query<{ envelope: Buffer }>(
      'SELECT api_key_envelope AS envelope FROM ai_service_accounts WHERE id = $1',
      [second],
    )
    expect(() => vault.open(rows[0]?.envelope as Buffer, apiKeyAddress(enterpriseId, second))).toThrow(/another row/)
  })

  test.each<[Partial<NewAccount>, string]>([
    [{ apiEndpoint: 'https://169.254.169.254/' }, 'invalid_request apiEndpoint'],
    [{ apiEndpoint: 'http://127.0.0.1:1/' }, 'invalid_request apiEndpoint'],
    [{ apiEndpoint: 'http://api.example.com' }, 'invalid_request apiEndpoint'],
    [{ apiEndpoint: 'https://u:p@api.example.com' }, 'invalid_request apiEndpoint'],
    [{ apiEndpoint: 'https://api.example.com/?key=1' }, 'invalid_request apiEndpoint'],
    [{ apiEndpoint: 'nonsense' }, 'schema apiEndpoint'],
    [{ apiKey: 'two words' }, 'schema apiKey'],
    [{ apiKey: 'key\r\nx: y' }, 'schema apiKey'],
    [{ dailyLimit: -1 }, 'schema dailyLimit'],
    [{ costPerToken: '1e-5' }, 'schema costPerToken'],
    [{ serviceType: 'constructor' }, 'invalid_request serviceType'],
    [{ serviceType: '' }, 'schema serviceType'],
    [{ name: ' ' }, 'schema name'],
  ])('%j is refused as %s', async (changes, expected) => {
    expect(await refusal(async (tx) => createAccount(tx, maker, enterpriseId, account(changes)))).toBe(expected)
  })
})

describe('bindings', () => {
  const told = (field: string) => `"${field}" is "other", and the service types are: ${serviceTypes.join(', ')}.`

  const stored = async (id: GroupId) =>
    (await opened.database.query('SELECT * FROM group_resource_bindings WHERE group_id = $1', [id])).rows[0]

  test('all three modes are stored as the contract has them, and saving again replaces', async () => {
    const id = await addAccount()
    await inTransaction(async (tx) => saveBinding(tx, shippedProviders, enterpriseId, groupId, dedicated(id)))
    expect(await stored(groupId)).toMatchObject({
      binding_mode: 'dedicated',
      binding_config: dedicated(id).bindingConfig,
      daily_token_limit: 10_000n,
      monthly_budget: null,
      version: 1n,
    })
    const hybrid = {
      mode: 'hybrid',
      primaryAccounts: [id],
      fallbackPools: [{ serviceType: 'gemini', priority: 2 }],
    } as const
    await inTransaction(async (tx) =>
      saveBinding(tx, shippedProviders, enterpriseId, groupId, {
        bindingConfig: { ...hybrid, primaryAccounts: [id], fallbackPools: [...hybrid.fallbackPools] },
        dailyTokenLimit: null,
        monthlyBudget: '12.5',
        priorityLevel: 'high',
        acceptsOverrun: true,
      }),
    )
    expect(await stored(groupId)).toMatchObject({
      binding_mode: 'hybrid',
      binding_config: hybrid,
      daily_token_limit: null,
      monthly_budget: '12.500000000',
      priority_level: 'high',
      accepts_overrun: true,
      version: 2n,
    })
    await inTransaction(async (tx) =>
      saveBinding(tx, shippedProviders, enterpriseId, groupId, {
        bindingConfig: { mode: 'shared', poolConfig: [{ serviceType: 'qwen', maxUsagePercent: 50, priority: 1 }] },
        dailyTokenLimit: 0,
      }),
    )
    expect(await stored(groupId)).toMatchObject({ binding_mode: 'shared', daily_token_limit: 0n })
  })

  test('VE2 an unknown service type is refused, and the refusal names its field and the types there are', async () => {
    const accountId = await addAccount()
    const bindings: [NewBinding['bindingConfig'], string][] = [
      [{ mode: 'dedicated', accounts: [{ accountId, serviceType: 'other', priority: 1 }] }, 'accounts.0'],
      [
        {
          mode: 'shared',
          poolConfig: ['claude', 'other'].map((serviceType) => ({ serviceType, maxUsagePercent: 1, priority: 1 })),
        },
        'poolConfig.1',
      ],
      [
        { mode: 'hybrid', primaryAccounts: [accountId], fallbackPools: [{ serviceType: 'other', priority: 1 }] },
        'fallbackPools.0',
      ],
    ]
    for (const [binding, place] of bindings) {
      const field = `bindingConfig.${place}.serviceType`
      const saved = inTransaction(async (tx) =>
        saveBinding(tx, shippedProviders, enterpriseId, groupId, { bindingConfig: binding }),
      )
      await expect(saved, place).rejects.toMatchObject({
        code: 'invalid_request',
        field,
        message: expect.stringContaining(told(field)),
      })
    }
    await expect(addAccount({ serviceType: 'other' })).rejects.toMatchObject({
      message: expect.stringContaining(told('serviceType')),
    })
  })

  test('wrong accounts are refused by the field at fault', async () => {
    const other = await inTransaction(async (tx) => createEnterprise(tx, random, { name: 'Other' }))
    const [good, shared, foreign, gemini] = [
      await addAccount(),
      await addAccount({ accountType: 'shared' }),
      await addAccount({}, other),
      await addAccount({ serviceType: 'gemini' }),
    ]
    const save = async (...ids: string[]) =>
      refusal(async (tx) => saveBinding(tx, shippedProviders, enterpriseId, groupId, dedicated(...ids)))
    expect(await save(good, shared)).toBe('invalid_request bindingConfig.accounts.1')
    expect(await save(foreign)).toBe('invalid_request bindingConfig.accounts.0')
    expect(await save(random.uuid())).toBe('invalid_request bindingConfig.accounts.0')
    expect(await save(gemini)).toBe('invalid_request bindingConfig.accounts.0')
    expect(await save(good, good)).toBe('invalid_request bindingConfig.accounts.1')
    expect(await save()).toBe('schema bindingConfig.accounts')
    expect(await save('not-an-id')).toBe('schema bindingConfig.accounts.0.accountId')
    expect(
      await refusal(async (tx) =>
        saveBinding(tx, shippedProviders, enterpriseId, random.uuid() as GroupId, dedicated(good)),
      ),
    ).toBe('not_found groupId')
    expect(await refusal(async (tx) => saveBinding(tx, shippedProviders, other, groupId, dedicated(foreign)))).toBe(
      'not_found groupId',
    )
    expect(await stored(groupId)).toBeUndefined()
  })

  test('an account belongs to one group, also when two take it at once', async () => {
    const id = await addAccount()
    const groups = await Promise.all(
      [1, 2, 3, 4].map(async () => inTransaction(async (tx) => createGroup(tx, random, enterpriseId, { name: 'g' }))),
    )
    const hybrid: NewBinding = { bindingConfig: { mode: 'hybrid', primaryAccounts: [id], fallbackPools: [] } }
    const outcomes = await Promise.all(
      groups.map(async (group, index) =>
        refusal(async (tx) =>
          saveBinding(tx, shippedProviders, enterpriseId, group, index % 2 === 0 ? dedicated(id) : hybrid),
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1)
    const owner = groups[outcomes.indexOf('accepted')] as GroupId
    expect(await refusal(async (tx) => saveBinding(tx, shippedProviders, enterpriseId, owner, hybrid))).toBe('accepted')
    await opened.database.query('UPDATE groups SET archived_at = now() WHERE id = $1', [owner])
    const next = groups.find((group) => group !== owner) as GroupId
    expect(await refusal(async (tx) => saveBinding(tx, shippedProviders, enterpriseId, next, dedicated(id)))).toBe(
      'accepted',
    )
  })
})

describe('people and keys', () => {
  test('an e-mail address is used once, in whatever case', async () => {
    await inTransaction(async (tx) => addUser(tx, 'Someone@Example.com'))
    expect(await refusal(async (tx) => addUser(tx, 'someone@example.COM'))).toBe('invalid_request email')
  })

  test('a group takes as many members as it says, also when they come at once', async () => {
    const [small, users] = await inTransaction(async (tx) => {
      const group = await createGroup(tx, random, enterpriseId, { name: 'small', maxMembers: 2 })
      return [group, [await addUser(tx), await addUser(tx), await addUser(tx), await addUser(tx)]] as const
    })
    const join = async (userId: UserId) =>
      refusal(async (tx) => addGroupMember(tx, { groupId: small, userId, role: 'group_member' }))
    const outcomes = await Promise.all(users.map(join))
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(2)
    expect(outcomes.filter((outcome) => outcome === 'invalid_request groupId')).toHaveLength(2)
    expect(
      await refusal(async (tx) =>
        addGroupMember(tx, { groupId: random.uuid() as GroupId, userId: users[0], role: 'group_owner' }),
      ),
    ).toBe('not_found groupId')
  })

  test('a key is handed out once; the database can verify it but does not hold it', async () => {
    const userId = await inTransaction(async (tx) => {
      const user = await addUser(tx)
      await addGroupMember(tx, { groupId, userId: user, role: 'group_owner' })
      await addEnterpriseMember(tx, { enterpriseId, userId: user, role: 'enterprise_admin' })
      return user
    })
    const { id, token } = await inTransaction(async (tx) =>
      createKey(tx, keys, { enterpriseId, groupId, userId, name: ' laptop ' }),
    )
    const { rows } = await opened.database.query<{
      public_id: string
      secret_hmac: Buffer
      name: string
      last4: string
      status: string
      user_id: string
    }>('SELECT * FROM api_keys WHERE id = $1', [id])
    const row = rows[0] as (typeof rows)[number]
    const parsed = keys.hasher.parse(token)
    expect(row).toMatchObject({
      public_id: parsed?.publicId,
      name: 'laptop',
      last4: token.slice(-4),
      status: 'active',
      user_id: userId,
    })
    expect(keys.hasher.verify(parsed?.secret ?? '', row.secret_hmac)).toBe(true)
    expect(JSON.stringify(row)).not.toContain(parsed?.secret)
  })

  test('a key is made for a group of the enterprise and an active member of it, or for the group itself', async () => {
    const stranger = await inTransaction(async (tx) => addUser(tx))
    const other = await inTransaction(async (tx) => createEnterprise(tx, random, { name: 'Other' }))
    const make = async (changes: object) =>
      refusal(async (tx) => createKey(tx, keys, { enterpriseId, groupId, name: 'k', ...changes }))
    expect(await make({})).toBe('accepted')
    expect(await make({ userId: stranger })).toBe('invalid_request userId')
    expect(await make({ enterpriseId: other })).toBe('not_found groupId')
    expect(await make({ name: '' })).toBe('schema name')
    await inTransaction(async (tx) => addGroupMember(tx, { groupId, userId: stranger, role: 'group_member' }))
    expect(await make({ userId: stranger })).toBe('accepted')
    await opened.database.query(`UPDATE group_members SET status = 'suspended' WHERE user_id = $1`, [stranger])
    expect(await make({ userId: stranger })).toBe('invalid_request userId')
  })
})

describe('enterprises and limits', () => {
  test.each(['Mars/Olympus', '+08:00', ''])('the time zone %o is refused with 400 and its field', async (timeZone) => {
    const refused = inTransaction(async (tx) => createEnterprise(tx, random, { name: 'x', timeZone }))
    const { status, body } = answerError(await refused.catch((error: unknown) => error), 'request-id')
    expect({ status, ...body }).toEqual({
      status: 400,
      success: false,
      code: 'invalid_request',
      field: 'timeZone',
      error: expect.stringContaining('timeZone: is not the name of a time zone, such as Asia/Shanghai.'),
    })
  })

  test('a time zone that exists is stored as it was given', async () => {
    const id = await inTransaction(async (tx) =>
      createEnterprise(tx, random, { name: 'x', timeZone: 'Asia/Kolkata', discountBasisPoints: 500 }),
    )
    const { rows } = await opened.database.query('SELECT time_zone FROM enterprises WHERE id = $1', [id])
    expect(rows).toEqual([{ time_zone: 'Asia/Kolkata' }])
  })

  test('saving a limit again changes the amount, and nothing of another enterprise', async () => {
    const limit = { scope: 'group', scopeId: groupId as string, metric: 'money', window: 'month' } as const
    const first = await inTransaction(async (tx) => saveLimit(tx, random, enterpriseId, { ...limit, amount: '100.5' }))
    const second = await inTransaction(async (tx) => saveLimit(tx, random, enterpriseId, { ...limit, amount: null }))
    expect(second).toBe(first)
    const other = await inTransaction(async (tx) => createEnterprise(tx, random, { name: 'Other' }))
    expect(await refusal(async (tx) => saveLimit(tx, random, other, { ...limit, amount: '5' }))).toBe(
      'not_found scopeId',
    )
    const { rows } = await opened.database.query(
      'SELECT enterprise_id, amount, version FROM limits WHERE scope_id = $1',
      [groupId],
    )
    expect(rows).toEqual([{ enterprise_id: enterpriseId, amount: null, version: 2n }])
  })

  test.each([
    ['tokens', '1.5'],
    ['tokens', '-1'],
    ['requests', 'many'],
    ['money', '0.0000000001'],
    ['money', '9000001'],
  ] as const)('%s cannot be limited to %s', async (metric, amount) => {
    expect(
      await refusal(async (tx) =>
        saveLimit(tx, random, enterpriseId, { scope: 'group', scopeId: groupId, metric, window: 'day', amount }),
      ),
    ).toBe('schema amount')
  })
})

test('configuration that is made here bumps the routing version of its enterprise', async () => {
  const version = async () =>
    (
      await opened.database.query<{ version: bigint }>(
        'SELECT version FROM routing_versions WHERE enterprise_id = $1',
        [enterpriseId],
      )
    ).rows[0]?.version ?? 0n
  const before = await version()
  const id: AccountId = await addAccount()
  const afterAccount = await version()
  expect(afterAccount).toBeGreaterThan(before)
  await inTransaction(async (tx) => saveBinding(tx, shippedProviders, enterpriseId, groupId, dedicated(id)))
  expect(await version()).toBeGreaterThan(afterAccount)
})
