// Which models a key may use, in the dialect of the client that asks: those of the accounts that its group is bound to and that
// the client's protocol reaches. From the snapshot alone; nothing is sent to a provider.
import { AppError } from '@aicarpool/contract'
import { clientProtocols } from '../core/protocols/index.ts'
import type { ClientProtocol, ListedModel, ModelList } from '../core/protocols/protocol.ts'
import type { ModelView } from '../core/routing/account-models.ts'
import type { AccountView, KeyView } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import type { Timers } from '../platform/timers.ts'
import { authenticateCall, type Authenticate } from './authenticate.ts'
import { answerPlain } from './answer-plain.ts'
import type { Call } from './call.ts'
import { wireFor } from './wire.ts'

export interface ListModelsPorts {
  authenticate: Authenticate
  clock: Clock
  timers: Timers
}

/** `name`: the one model that is asked for; undefined for all. */
export async function listModels(
  call: Call,
  list: ModelList,
  name: string | undefined,
  { authenticate, clock, timers }: ListModelsPorts,
): Promise<void> {
  if (call.request.method !== 'GET' && call.request.method !== 'HEAD') {
    if (name?.includes(':') === true) {
      throw new AppError('not_found', { detail: 'What is asked of the model behind the colon is not served here.' })
    }
    throw new AppError('method_not_allowed', { detail: 'Lists are read with GET.' })
  }
  const key = authenticateCall(call, authenticate)
  const clients = clientsOf(call.client, list)
  if (name === undefined) {
    answerPlain(call, list.render(reachable(key, clients, ({ models }) => models.listed(clock.now()))), timers)
    return
  }
  // A model has more names than the list has room for: those of its snapshots.
  const [model] = reachable(key, clients, ({ models }) => models.find(name, clock.now()) ?? [])
  if (!model)
    throw new AppError('model_not_supported', { detail: `The model was "${name.slice(0, 200)}".`, field: 'model' })
  answerPlain(call, list.renderOne(model), timers)
}

function clientsOf(client: ClientProtocol, { covers = [] }: ModelList): ClientProtocol[] {
  const others: ClientProtocol[] = Object.values(clientProtocols)
  return [client, ...others.filter(({ id }) => covers.includes(id))]
}

/** In alphabetical order. */
function reachable(
  key: KeyView,
  clients: readonly ClientProtocol[],
  modelsOf: (account: AccountView) => ModelView | ModelView[],
): ListedModel[] {
  const found = new Map<string, ListedModel>()
  for (const account of (key.group.binding?.tiers ?? []).flat()) {
    if (!account.isEnabled || account.status !== 'active') continue
    for (const model of [modelsOf(account)].flat()) {
      const { name } = model
      if (key.allowedModels?.has(name) === false) continue
      const serving = clients.filter((client) => wireFor(client, account.provider, model) !== undefined)
      if (serving.length === 0) continue
      const protocols = new Set([...(found.get(name)?.protocols ?? []), ...serving.map(({ id }) => id)])
      found.set(name, {
        name,
        contextTokens: model.stated?.contextTokens,
        outputTokensMax: model.stated?.outputTokensMax,
        protocols: [...protocols],
      })
    }
  }
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
