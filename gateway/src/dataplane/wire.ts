// By which wire an account serves a client's protocol: the client's own where the vendor offers it for the model, else the one
// that the model is best served by, else the vendor's first. Remembered, since it is asked for every account of every request.
import type { ServiceType } from '@aicarpool/contract'
import { accountProtocols } from '../core/protocols/index.ts'
import type { ClientProtocol } from '../core/protocols/protocol.ts'
import { providers } from '../core/providers/index.ts'
import type { ProviderWire } from '../core/providers/provider.ts'
import type { ModelView } from '../core/routing/account-models.ts'

export interface ChosenWire extends ProviderWire {
  isNative: boolean
}

type ByService = Map<ServiceType, ChosenWire | undefined>
const everyModel = new Map<ClientProtocol, ByService>()
/** Of models that some of their vendor's wires do not serve; dropped with the snapshot they belong to. */
const ofModel = new WeakMap<ModelView, Map<ClientProtocol, ByService>>()

/** Undefined when no account of this service type can serve the client, or not with this model. */
export function wireFor(
  client: ClientProtocol,
  serviceType: ServiceType,
  model: ModelView | undefined,
): ChosenWire | undefined {
  const served = model?.traits.wires
  const byClient = served && model ? entryOf(ofModel, model, () => new Map<ClientProtocol, ByService>()) : everyModel
  const byService = entryOf(byClient, client, () => new Map<ServiceType, ChosenWire | undefined>())
  if (!byService.has(serviceType)) byService.set(serviceType, findWire(client, serviceType, served))
  return byService.get(serviceType)
}

function entryOf<Key extends object, Value>(
  map: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  make: () => Value,
): Value {
  const present = map.get(key)
  if (present !== undefined) return present
  const made = make()
  map.set(key, made)
  return made
}

function findWire(
  client: ClientProtocol,
  serviceType: ServiceType,
  served: readonly string[] | undefined,
): ChosenWire | undefined {
  const offered = inOrder(providers[serviceType].wires, served)
  const native = offered.find(({ protocol }) => protocol === client.id)
  if (native) return { ...native, isNative: true }
  if (!client.translation) return undefined
  const translated = offered.find((wire) => accountProtocols[wire.protocol].translation)
  return translated && { ...translated, isNative: false }
}

/** In the order that the model names: some take less of a request on one of their wires than on another. */
function inOrder(wires: readonly ProviderWire[], served: readonly string[] | undefined): readonly ProviderWire[] {
  if (!served) return wires
  return served.flatMap((id) => wires.filter(({ protocol }) => protocol === id))
}
