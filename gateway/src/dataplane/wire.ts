// By which wire an account serves a client's protocol: the client's own where the vendor offers it for the model, else the one
// that the model is best served by, else the vendor's first. Remembered, since it is asked for every account of every request.
import { accountProtocols } from '../core/protocols/index.ts'
import type { ClientProtocol } from '../core/protocols/protocol.ts'
import type { Provider, ProviderWire } from '../core/providers/provider.ts'
import type { ModelView } from '../core/routing/account-models.ts'

export interface ChosenWire extends ProviderWire {
  isNative: boolean
}

type ByProvider = Map<Provider, ChosenWire | undefined>
const everyModel = new Map<ClientProtocol, ByProvider>()
/** Of models that some of their vendor's wires do not serve; dropped with the snapshot they belong to. */
const ofModel = new WeakMap<ModelView, Map<ClientProtocol, ByProvider>>()

/** Undefined when no account of this vendor can serve the client, or not with this model. */
export function wireFor(
  client: ClientProtocol,
  provider: Provider,
  model: ModelView | undefined,
): ChosenWire | undefined {
  const served = model?.traits.wires
  const byClient = served && model ? entryOf(ofModel, model, () => new Map<ClientProtocol, ByProvider>()) : everyModel
  const byProvider = entryOf(byClient, client, () => new Map<Provider, ChosenWire | undefined>())
  if (!byProvider.has(provider)) byProvider.set(provider, findWire(client, provider, served))
  return byProvider.get(provider)
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
  provider: Provider,
  served: readonly string[] | undefined,
): ChosenWire | undefined {
  const offered = inOrder(provider.wires, served)
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
