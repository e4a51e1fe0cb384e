// The immutable compiled view of one enterprise that the data plane reads instead of the database: keys, groups with their
// bindings as tiers of accounts, accounts with models, prices and limits. `compileEnterprise` builds it from rows;
// `RoutingSnapshot` holds the views of all enterprises and swaps one at a time, synchronously.
import type { AccountId, EnterpriseId, GroupId, KeyId, NanoUsd, ServiceType, UserId } from '@aicarpool/contract'
import type { BindingMode, DepartmentId, PriorityLevel } from '@aicarpool/contract'
import type { Provider } from '../providers/provider.ts'
import type { LimitView } from '../quota/limits.ts'
import type { AccountModels } from './account-models.ts'

export interface AccountView {
  readonly id: AccountId
  readonly enterpriseId: EnterpriseId
  readonly name: string
  readonly serviceType: ServiceType
  readonly provider: Provider
  readonly isEnabled: boolean
  readonly status: 'active' | 'inactive' | 'error'
  /** "https://host[:port]" and the path below which the vendor's paths begin. */
  readonly origin: string
  readonly basePath: string
  readonly credentialEnvelope: Uint8Array
  readonly models: AccountModels
  readonly weight: number
  readonly priority: number
  readonly concurrentRequestsMax: number
  readonly limits: readonly LimitView[]
  /** Grows with every change by an administrator: health that waited for one to act starts anew. */
  readonly version: number
}

/** Accounts that are equally preferred; an earlier tier goes first. */
export type Tier = readonly AccountView[]

export interface BindingView {
  readonly mode: BindingMode
  readonly priorityLevel: PriorityLevel
  /** Requests that cannot be bounded are served under its limits all the same, and what they overrun is recorded. */
  readonly acceptsOverrun: boolean
  readonly tiers: readonly Tier[]
}

export interface GroupView {
  readonly id: GroupId
  readonly name: string
  readonly isActive: boolean
  readonly departmentId: DepartmentId | undefined
  readonly binding: BindingView | undefined
}

export interface KeyView {
  readonly id: KeyId
  readonly publicId: string
  readonly secretHmac: Buffer
  readonly name: string
  readonly last4: string
  readonly userId: UserId | undefined
  readonly isRevoked: boolean
  readonly expiresAtMs: number
  readonly allowedModels: ReadonlySet<string> | undefined
  readonly group: GroupView
  readonly enterprise: EnterpriseView
  /** All limits of the chain key → member → group → department → enterprise. */
  readonly limits: readonly LimitView[]
}

export interface EnterpriseView {
  readonly id: EnterpriseId
  readonly name: string
  readonly isActive: boolean
  readonly version: number
  readonly timeZone: string
  readonly discountBasisPoints: number
  readonly fixedCallCostNanoUsd: NanoUsd
  readonly accounts: readonly AccountView[]
  readonly keys: readonly KeyView[]
}

/** All enterprises. Readers hold views, never this map's state, so a running request keeps the view it began with. */
export class RoutingSnapshot {
  readonly #enterprises = new Map<EnterpriseId, EnterpriseView>()
  readonly #keys = new Map<string, KeyView>()
  #revision = 0

  /** Grows with every change: what was cached from an older revision is dropped. */
  get revision(): number {
    return this.#revision
  }

  replace(view: EnterpriseView): void {
    this.remove(view.id)
    this.#enterprises.set(view.id, view)
    for (const key of view.keys) this.#keys.set(key.publicId, key)
  }

  remove(id: EnterpriseId): void {
    this.#revision += 1
    const previous = this.#enterprises.get(id)
    if (!previous) return
    for (const key of previous.keys) this.#keys.delete(key.publicId)
    this.#enterprises.delete(id)
  }

  key(publicId: string): KeyView | undefined {
    return this.#keys.get(publicId)
  }

  enterprise(id: EnterpriseId): EnterpriseView | undefined {
    return this.#enterprises.get(id)
  }

  enterprises(): Iterable<EnterpriseView> {
    return this.#enterprises.values()
  }
}
