// What the demo consists of: one enterprise, eight accounts of four vendors at the simulator, three groups, one for each
// binding mode, with members, keys and stated limits. Made through the same rules that the API uses.
import type { EnterpriseId, ServiceType } from '@aicarpool/contract'
import type { App } from '../app.ts'
import { createAccount } from '../controlplane/accounts/accounts.ts'
import { saveBinding, type NewBinding } from '../controlplane/bindings/bindings.ts'
import { createGroup } from '../controlplane/groups/groups.ts'
import { createKey } from '../controlplane/keys/keys.ts'
import { addGroupMember, createUser } from '../controlplane/members/members.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { DemoAccount, DemoFile, DemoGroup } from './demo-file.ts'

export const demoAdmin = { email: 'admin@demo.aicarpool.example', password: 'carpool-demo-2026' }
export const demoEnterpriseName = '演示企业 Demo Enterprise'

export interface DemoQuota {
  dailyTokenLimit: number
  /** Decimal USD. */
  monthlyBudget: string
  /** Codex always offers the vendor's own search, whose use nobody can bound. */
  acceptsOverrun: true
}

/** Room for a day of a few coding agents, and a bill that is still worth watching. */
export const demoQuota: DemoQuota = { dailyTokenLimit: 200_000_000, monthlyBudget: '2000', acceptsOverrun: true }
/** For measurements: limits are on and counted, but out of reach. */
export const loadQuota: DemoQuota = {
  ...demoQuota,
  dailyTokenLimit: 1_000_000_000_000_000,
  monthlyBudget: '9000000',
}

interface AccountPlan {
  name: string
  serviceType: ServiceType
  accountType: 'dedicated' | 'shared'
  organisation: string
  currentModel: string
}

const accountPlans: AccountPlan[] = [
  {
    name: 'Claude 前端专属',
    serviceType: 'claude',
    accountType: 'dedicated',
    organisation: 'frontend',
    currentModel: 'claude-sonnet-4-5',
  },
  {
    name: 'OpenAI 前端专属',
    serviceType: 'openai',
    accountType: 'dedicated',
    organisation: 'frontend',
    currentModel: 'gpt-5.1',
  },
  {
    name: 'Claude 核心项目专属',
    serviceType: 'claude',
    accountType: 'dedicated',
    organisation: 'core',
    currentModel: 'claude-opus-4-5',
  },
  {
    name: 'Claude 共享池 1',
    serviceType: 'claude',
    accountType: 'shared',
    organisation: 'pool-a',
    currentModel: 'claude-sonnet-4-5',
  },
  {
    name: 'OpenAI 共享池 1',
    serviceType: 'openai',
    accountType: 'shared',
    organisation: 'pool-a',
    currentModel: 'gpt-5.1',
  },
  {
    name: 'OpenAI 共享池 2',
    serviceType: 'openai',
    accountType: 'shared',
    organisation: 'pool-b',
    currentModel: 'gpt-5-mini',
  },
  {
    name: 'Gemini 共享池 1',
    serviceType: 'gemini',
    accountType: 'shared',
    organisation: 'pool-a',
    currentModel: 'gemini-2.5-pro',
  },
  {
    name: 'Qwen 共享池 1',
    serviceType: 'qwen',
    accountType: 'shared',
    organisation: 'pool-a',
    currentModel: 'qwen3-coder-plus',
  },
]

interface GroupPlan {
  name: string
  description: string
  mode: DemoGroup['mode']
  member: { email: string; name: string }
  binding: (accounts: readonly DemoAccount[]) => NewBinding['bindingConfig']
}

const byName = (accounts: readonly DemoAccount[], name: string): DemoAccount => {
  const found = accounts.find((account) => account.name === name)
  if (!found) throw new RangeError(`the demo has no account ${name}`)
  return found
}

const groupPlans: GroupPlan[] = [
  {
    name: '前端组',
    description: '专属模式：独占自己的账号',
    mode: 'dedicated',
    member: { email: 'lin@demo.aicarpool.example', name: '林小前' },
    binding: (accounts) => ({
      mode: 'dedicated',
      accounts: ['Claude 前端专属', 'OpenAI 前端专属'].map((name, index) => {
        const { id, serviceType } = byName(accounts, name)
        return { accountId: id, serviceType, priority: index + 1 }
      }),
    }),
  },
  {
    name: '后端组',
    description: '共享模式：使用企业账号池',
    mode: 'shared',
    member: { email: 'wang@demo.aicarpool.example', name: '王小后' },
    binding: () => ({
      mode: 'shared',
      poolConfig: ['claude', 'openai', 'gemini', 'qwen'].map((serviceType) => ({
        serviceType,
        maxUsagePercent: 80,
        priority: 1,
      })),
    }),
  },
  {
    name: '核心项目组',
    description: '混合模式：优先专属账号，忙时用共享池',
    mode: 'hybrid',
    member: { email: 'chen@demo.aicarpool.example', name: '陈小核' },
    binding: (accounts) => ({
      mode: 'hybrid',
      primaryAccounts: [byName(accounts, 'Claude 核心项目专属').id],
      fallbackPools: [
        { serviceType: 'claude', priority: 1 },
        { serviceType: 'openai', priority: 2 },
        { serviceType: 'qwen', priority: 3 },
      ],
    }),
  },
]

/** The simulator takes any key of this form: the organisation comes before the dot. */
const simulatorKey = (plan: AccountPlan, index: number) => `sim-${plan.serviceType}-${plan.organisation}.${index + 1}`

export async function createDemoData(
  tx: Transaction,
  app: App,
  enterpriseId: EnterpriseId,
  simulatorUrl: string,
  quota: DemoQuota,
): Promise<{ accounts: DemoAccount[]; groups: DemoGroup[] }> {
  const accounts: DemoAccount[] = []
  for (const [index, plan] of accountPlans.entries()) {
    const id = await createAccount(tx, app, enterpriseId, {
      ...plan,
      apiKey: simulatorKey(plan, index),
      apiEndpoint: `${simulatorUrl}/${plan.serviceType}`,
      supportedModels: [],
    })
    accounts.push({ id, name: plan.name, serviceType: plan.serviceType })
  }
  const groups: DemoGroup[] = []
  for (const plan of groupPlans) groups.push(await createDemoGroup(tx, app, enterpriseId, plan, accounts, quota))
  return { accounts, groups }
}

async function createDemoGroup(
  tx: Transaction,
  app: App,
  enterpriseId: EnterpriseId,
  plan: GroupPlan,
  accounts: readonly DemoAccount[],
  quota: DemoQuota,
): Promise<DemoGroup> {
  const { name, description, mode } = plan
  const id = await createGroup(tx, app.random, enterpriseId, { name, description })
  await saveBinding(tx, app.providers, enterpriseId, id, { bindingConfig: plan.binding(accounts), ...quota })
  const userId = await createUser(tx, app.random, plan.member)
  await addGroupMember(tx, { groupId: id, userId, role: 'group_owner' })
  const { token } = await createKey(tx, app, { enterpriseId, groupId: id, userId, name: `${plan.member.name}的密钥` })
  return { id, name, mode, key: token }
}

/** A second start finds the simulator at another port. */
export async function moveDemoAccounts(
  app: App,
  accounts: readonly DemoAccount[],
  simulatorUrl: string,
): Promise<void> {
  await app.database.query(
    `UPDATE ai_service_accounts AS account SET api_endpoint = moved.endpoint, version = version + 1
     FROM unnest($1::uuid[], $2::text[]) AS moved (id, endpoint)
     WHERE account.id = moved.id AND api_endpoint <> moved.endpoint`,
    [accounts.map(({ id }) => id), accounts.map(({ serviceType }) => `${simulatorUrl}/${serviceType}`)],
  )
}

/** Whether the database knows every group of the file, in the file's enterprise. */
export async function hasGroups(app: App, { enterpriseId, groups }: DemoFile): Promise<boolean> {
  const { rows } = await app.database.query<{ count: bigint }>(
    'SELECT count(*) AS count FROM groups WHERE enterprise_id = $1::uuid AND id = ANY ($2::uuid[])',
    [enterpriseId, groups.map(({ id }) => id)],
  )
  return Number(rows[0]?.count ?? 0) === groups.length
}

/** The enterprise that the demo's administrator was made for; undefined where there is no such administrator. */
export async function enterpriseOfAdmin(app: App): Promise<{ id: EnterpriseId; hasGroups: boolean } | undefined> {
  const { rows } = await app.database.query<{ id: EnterpriseId; has_groups: boolean }>(
    `SELECT m.enterprise_id AS id, EXISTS (SELECT FROM groups g WHERE g.enterprise_id = m.enterprise_id) AS has_groups
     FROM enterprise_members m JOIN users u ON u.id = m.user_id
     WHERE lower(u.email) = lower($1) AND u.is_system_admin AND m.role = 'enterprise_owner'
     ORDER BY m.created_at LIMIT 1`,
    [demoAdmin.email],
  )
  return rows[0] && { id: rows[0].id, hasGroups: rows[0].has_groups }
}
