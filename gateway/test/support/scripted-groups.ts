// Groups of which every account has a scripted provider of its own.
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { AccountId } from '@aicarpool/contract'
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts'
import type { TestGateway, TestGroup } from './test-gateway.ts'

export interface ScriptedGroup extends TestGroup {
  /** In the order of their priority. */
  providers: ScriptedProvider[]
  accountIds: AccountId[]
}

export interface ScriptedGroups {
  /** One account for each answer; `over` goes into each of them. */
  add(answers: readonly RequestListener[], over?: Record<string, unknown>): Promise<ScriptedGroup>
  stop(): Promise<void>
}

let serial = 0

export function createScriptedGroups(gateway: TestGateway): ScriptedGroups {
  const started: ScriptedProvider[] = []
  return {
    async add(answers, over = {}) {
      const providers: ScriptedProvider[] = []
      const accountIds: AccountId[] = []
      for (const answer of answers) {
        const provider = await startScriptedProvider(answer)
        started.push(provider)
        providers.push(provider)
        serial += 1
        const account = { accountType: 'dedicated' as const, apiEndpoint: provider.url, ...over }
        accountIds.push(await gateway.addAccount(`scripted${serial}`, 'claude', account))
      }
      const accounts = accountIds.map((accountId, priority) => ({
        accountId,
        serviceType: 'claude' as const,
        priority,
      }))
      return { ...(await gateway.addGroup({ mode: 'dedicated', accounts })), providers, accountIds }
    },
    async stop() {
      for (const provider of started) await provider.stop()
    },
  }
}

/** A Messages request as it is on the wire. */
export function rawRequest(
  key: string,
  body: string,
  headers = `content-length: ${Buffer.byteLength(body)}\r\n`,
): string {
  return `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\n${headers}\r\n${body}`
}

/** A connection of a client whose errors do not matter. */
export function rawClient(gateway: TestGateway): Socket {
  const socket = connect(Number(new URL(gateway.app.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}
