// What the clients are sent to: a gateway with its simulator, and for each run the group and accounts that its scenario needs.
import type { ServiceType } from '@aicarpool/contract'
import { startTestGateway, type TestGateway } from '../../gateway/test/support/test-gateway.ts'

export interface House {
  readonly url: string
  readonly gateway: TestGateway
  /** A group with one account of that vendor. */
  openGroup(serviceType: ServiceType): Promise<string>
  /** A group whose first account is rate-limited, and whose second one is not. */
  throttledGroup(serviceType: ServiceType): Promise<string>
  /** A group whose tokens of the day are used up. */
  spentGroup(serviceType: ServiceType): Promise<string>
  stop(): Promise<void>
}

/** Keys of the simulator's accounts name their organisation. */
const throttledName = 'throttled'

export async function openHouse(): Promise<House> {
  const gateway = await startTestGateway()
  const open = new Map<ServiceType, string>()
  let accounts = 0
  const throttledKeys: string[] = []

  const addAccount = async (serviceType: ServiceType, name: string) => {
    accounts += 1
    const unique = `${name}-${accounts}`
    const apiKey = `sim-${serviceType}-${unique}`
    const id = await gateway.addAccount(unique, serviceType, { accountType: 'dedicated', apiKey })
    return { apiKey, entry: { accountId: id, serviceType, priority: accounts } }
  }

  return {
    url: gateway.app.url,
    gateway,
    async openGroup(serviceType) {
      const present = open.get(serviceType)
      if (present !== undefined) return present
      const { entry } = await addAccount(serviceType, 'open')
      const { key } = await gateway.addGroup({ mode: 'dedicated', accounts: [entry] })
      open.set(serviceType, key)
      return key
    },
    async throttledGroup(serviceType) {
      const throttled = await addAccount(serviceType, throttledName)
      const fine = await addAccount(serviceType, 'fine')
      throttledKeys.push(throttled.apiKey)
      gateway.simulator.setFaults(
        throttledKeys.map((key) => ({ match: { key }, fault: { kind: 'status-429', retryAfter: '30' } })),
      )
      return (await gateway.addGroup({ mode: 'dedicated', accounts: [throttled.entry, fine.entry] })).key
    },
    async spentGroup(serviceType) {
      const { entry } = await addAccount(serviceType, 'spent')
      return (await gateway.addGroup({ mode: 'dedicated', accounts: [entry] }, { dailyTokenLimit: 1 })).key
    },
    stop: () => gateway.stop(),
  }
}
