// The models of one account: which it lists, which it serves beside them, and which price a model has at a time. Vendors announce
// changes of prices and the end of models; both come into force by the clock, without anybody publishing anything.
import type { PriceView } from '../pricing/cost.ts'
import type { ModelTraits } from '../protocols/model-traits.ts'

export interface ModelView {
  readonly name: string
  /** What a reservation holds; of a model that the catalogue does not know, as much as any has. */
  readonly outputTokensMax: number
  /** What clients are told of it; undefined where the catalogue does not know the model. */
  readonly stated?: { readonly contextTokens: number; readonly outputTokensMax: number } | undefined
  readonly traits: ModelTraits
  /** Undefined is `unpriced`: refused where a budget applies, never free. */
  readonly price: PriceView | undefined
  /** The same model from a time on (epoch ms) at which its price changes. */
  readonly next?: { readonly fromMs: number; readonly view: ModelView } | undefined
  /** From then on (epoch ms) the vendor serves it to nobody: it is listed no more. */
  readonly retiredAtMs?: number | undefined
}

/** Names of snapshots can be made up without end; what is beyond this many is looked up each time. */
const rememberedMax = 500

export class AccountModels {
  readonly #listed: ReadonlyMap<string, ModelView>
  readonly #current: ModelView | undefined
  readonly #lookUp: (name: string) => ModelView | undefined
  readonly #remembered = new Map<string, ModelView>()

  /** `lookUp` finds what the account serves although it does not list it: snapshots and other names of listed models. */
  constructor(
    listed: readonly ModelView[],
    current: string | undefined,
    lookUp: (name: string) => ModelView | undefined = () => undefined,
  ) {
    this.#listed = new Map(listed.map((model) => [model.name, model]))
    this.#lookUp = lookUp
    this.#current = current === undefined ? undefined : this.#named(current)
  }

  /** Undefined: the account does not serve it. */
  find(name: string, nowMs: number): ModelView | undefined {
    const model = this.#named(name)
    return model && at(model, nowMs)
  }

  /** What serves a request that names no model: the account's own choice, else the first that it lists. */
  current(nowMs: number): ModelView | undefined {
    return this.#current ? at(this.#current, nowMs) : this.listed(nowMs)[0]
  }

  listed(nowMs: number): ModelView[] {
    return [...this.#listed.values()]
      .filter(({ retiredAtMs = Number.POSITIVE_INFINITY }) => nowMs < retiredAtMs)
      .map((model) => at(model, nowMs))
  }

  #named(name: string): ModelView | undefined {
    const known = this.#listed.get(name) ?? this.#remembered.get(name)
    if (known) return known
    const found = this.#lookUp(name)
    if (found && this.#remembered.size < rememberedMax) this.#remembered.set(name, found)
    return found
  }
}

function at(model: ModelView, nowMs: number): ModelView {
  let view = model
  while (view.next && nowMs >= view.next.fromMs) view = view.next.view
  return view
}
