// What the clients are sent to: a gateway in a process of its own, with simulated vendors in this one. The groups that the
// scenarios need, and their accounts, are made beforehand by the product's own rules.
import { assert } from '@aicarpool/contract'
import { startTestGateway, type TestGateway } from '../../gateway/test/support/test-gateway.ts'
import { startOnData } from '../support/gateway-process.ts'

export interface House {
  readonly url: string
  readonly simulator: TestGateway['simulator']
  /** Key of a group with one account of that vendor. */
  openGroup(serviceType: string): string
  /** Key of a group whose first account is rate-limited, and whose second one is not; another one at each call. */
  throttledGroup(serviceType: string): string
  /** Key of a group whose tokens of the day are used up. */
  spentGroup(serviceType: string): string
  stop(): Promise<void>
}

/** By service type. */
interface Keys {
  open: Map<string, string>
  throttled: Map<string, string[]>
  spent: Map<string, string>
}

/** Longer than a matrix takes: an account that comes back would answer where it should fail. */
const retryAfterSeconds = 3600

/** The name of the throttled account's organisation, for a group of that number. */
const throttledName = (serviceType: string, index: number) => `throttled-${serviceType}-${index}`

/** `throttledGroups` is how often `throttledGroup` can be called for each service type. */
export async function openHouse(serviceTypes: readonly string[], throttledGroups: number): Promise<House> {
  const seeded = await startTestGateway()
  try {
    const keys = await makeGroups(seeded, serviceTypes, throttledGroups)
    await seeded.app.stop()
    const { baseUrl, stop } = await startOnData(seeded.dataDir)
    const take = (key: string | undefined) => {
      assert(key !== undefined, 'the house has a group for each scenario')
      return key
    }
    return {
      url: baseUrl,
      simulator: seeded.simulator,
      openGroup: (serviceType) => take(keys.open.get(serviceType)),
      throttledGroup: (serviceType) => take(keys.throttled.get(serviceType)?.shift()),
      spentGroup: (serviceType) => take(keys.spent.get(serviceType)),
      stop: () => stop().finally(() => seeded.stop()),
    }
  } catch (error) {
    await seeded.stop()
    throw error
  }
}

async function makeGroups(
  gateway: TestGateway,
  serviceTypes: readonly string[],
  throttledGroups: number,
): Promise<Keys> {
  const keys: Keys = { open: new Map(), throttled: new Map(), spent: new Map() }
  const throttled: string[] = []
  const addGroup = async (serviceType: string, names: readonly string[], dailyTokenLimit: number | null = null) => {
    const accounts = []
    for (const [index, name] of names.entries()) {
      const accountId = await gateway.addAccount(name, serviceType, { accountType: 'dedicated' })
      accounts.push({ accountId, serviceType, priority: index + 1 })
    }
    return (await gateway.addGroup({ mode: 'dedicated', accounts }, { dailyTokenLimit })).key
  }
  for (const serviceType of serviceTypes) {
    keys.open.set(serviceType, await addGroup(serviceType, [`open-${serviceType}`]))
    keys.spent.set(serviceType, await addGroup(serviceType, [`spent-${serviceType}`], 1))
    const ofType: string[] = []
    for (let index = 1; index <= throttledGroups; index += 1) {
      const name = throttledName(serviceType, index)
      throttled.push(name)
      ofType.push(await addGroup(serviceType, [name, `fine-${serviceType}-${index}`]))
    }
    keys.throttled.set(serviceType, ofType)
  }
  gateway.simulator.setFaults(
    throttled.map((organisation) => ({
      match: { organisation },
      fault: { kind: 'status-429', retryAfter: String(retryAfterSeconds) },
    })),
  )
  return keys
}
