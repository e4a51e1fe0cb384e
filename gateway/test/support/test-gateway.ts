// A whole gateway for one test file: real sockets, a real database (the engine that TEST_DATABASE_URL chooses), and the
// simulator as the only provider. Accounts, groups and keys are made by the product's own rules.
import { rm } from 'node:fs/promises'
import { startSimulator, type Simulator, type SimulatorOptions } from '@aicarpool/simulator'
import type { AccountId, EnterpriseId, GroupId, ServiceType } from '@aicarpool/contract'
import { startApp, type App, type AppOptions } from '../../src/app.ts'
import { loadConfig, type ConfigOverrides } from '../../src/config.ts'
import { createAccount } from '../../src/controlplane/accounts/accounts.ts'
import { saveBinding, type NewBinding } from '../../src/controlplane/bindings/bindings.ts'
import { createEnterprise } from '../../src/controlplane/enterprises/enterprises.ts'
import { createGroup } from '../../src/controlplane/groups/groups.ts'
import { createKey } from '../../src/controlplane/keys/keys.ts'
import type { Database } from '../../src/platform/database/database.ts'
import { openDatabase } from '../../src/platform/database/open.ts'
import { createLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secrets/secret.ts'
import { createMigratedDataDir, createServerDatabase, silentLog, testServerUrl } from './test-database.ts'

export interface TestGroup {
  id: GroupId
  key: string
}

export interface TestGateway {
  app: App
  simulator: Simulator
  enterpriseId: EnterpriseId
  dataDir: string
  addAccount(
    name: string,
    serviceType: ServiceType,
    over?: Partial<Parameters<typeof createAccount>[3]>,
  ): Promise<AccountId>
  addGroup(binding: NewBinding['bindingConfig'], quota?: Partial<NewBinding>): Promise<TestGroup>
  /** POSTs to the gateway with a group's key. */
  post(path: string, key: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** All usage rows, oldest first, after everything journalled so far was settled. */
  rows(): Promise<UsageRow[]>
  /** Stops the gateway and starts it again on the same data; in between `look` sees what the stopped one left. */
  restart(look?: (database: Database) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

export interface UsageRow {
  request_id: string
  attempt: number
  is_final: boolean
  group_id: string
  account_id: string
  service_type: string
  request_type: string
  model_requested: string | null
  model_used: string
  input_tokens: bigint
  cache_read_tokens: bigint
  cache_write_5m_tokens: bigint
  cache_write_1h_tokens: bigint
  output_tokens: bigint
  total_tokens: bigint
  cost: string
  status: string
  error_code: string | null
  usage_source: string
  upstream_request_id: string | null
  metadata: { clientRequestId?: string } | null
}

/** Out of the way of tests that are not about quota. */
const wideQuota = { dailyTokenLimit: null, monthlyBudget: null }

export interface TestGatewayOptions {
  simulator?: Partial<SimulatorOptions>
  config?: ConfigOverrides
  app?: Partial<AppOptions>
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const simulator = await startSimulator({
    seed: 7,
    accounts: [],
    implicitAccounts: true,
    speed: 0,
    ...options.simulator,
  })
  const dataDir = await createMigratedDataDir()
  const server = testServerUrl ? await createServerDatabase(testServerUrl) : undefined
  const config = loadConfig(
    {},
    {
      dataDir,
      port: 0,
      host: '127.0.0.1',
      egressAllowLoopback: true,
      ...(server ? { databaseUrl: new Secret(server.url) } : {}),
      ...options.config,
    },
  )
  const log = createLog({ level: 'silent' })
  const start = () => startApp({ config, log, ...options.app })
  let app = await start()
  const enterpriseId = await app.database.transaction((tx) => createEnterprise(tx, app.random, { name: 'Test' }))
  const random = app.random

  const gateway: TestGateway = {
    app,
    simulator,
    enterpriseId,
    dataDir,
    async addAccount(name, serviceType, over = {}) {
      const id = await app.database.transaction((tx) =>
        createAccount(tx, app, enterpriseId, {
          name,
          serviceType,
          accountType: 'shared',
          apiKey: `sim-${serviceType}-${name}`,
          apiEndpoint: `${simulator.url}/${serviceType}`,
          supportedModels: [],
          ...over,
        }),
      )
      await app.publisher.refresh()
      return id
    },
    async addGroup(bindingConfig, quota = {}) {
      const group = await app.database.transaction(async (tx) => {
        const id = await createGroup(tx, random, enterpriseId, { name: 'Group' })
        await saveBinding(tx, app.providers, enterpriseId, id, {
          bindingConfig,
          ...wideQuota,
          ...quota,
        })
        const { token } = await createKey(tx, app, {
          enterpriseId,
          groupId: id,
          name: 'key',
        })
        return {
          id,
          key: token,
        }
      })
      await app.publisher.refresh()
      return group
    },
    post: (path, key, body, headers = {}) =>
      fetch(app.url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${key}`,
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async rows() {
      await app.settler.settleNow()
      const { rows } = await app.database.query<UsageRow>(
        'SELECT * FROM usage_stats ORDER BY request_time, request_id, attempt',
      )
      return rows
    },
    async restart(look) {
      await app.stop()
      if (look) {
        const database = await openDatabase({ dataDir, databaseUrl: server?.url, log: silentLog })
        await look(database).finally(() => database.close())
      }
      app = await start()
      gateway.app = app
    },
    async stop() {
      await app.stop()
      await simulator.stop()
      await server?.drop()
      await rm(dataDir, {
        recursive: true,
        force: true,
      })
    },
  }
  return gateway
}

export const sharedPool = (...serviceTypes: ServiceType[]): NewBinding['bindingConfig'] => ({
  mode: 'shared',
  poolConfig: serviceTypes.map((serviceType, index) => ({ serviceType, maxUsagePercent: 100, priority: index + 1 })),
})

/** Requests of each protocol, answered by accounts of the named service type. */
export const chatBody = (content: string, over: Record<string, unknown> = {}) => ({
  model: 'gpt-5.1',
  max_completion_tokens: 300,
  messages: [
    {
      role: 'user',
      content,
    },
  ],
  ...over,
})
export const messagesBody = (content: string, over: Record<string, unknown> = {}) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 300,
  messages: [
    {
      role: 'user',
      content,
    },
  ],
  ...over,
})
