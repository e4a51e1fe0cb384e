// The accounts vendors know: keys, their organisations and limits. Where implicit accounts are allowed, a key of the
// form `sim-<vendor>-<organisation>` or `sim-<vendor>-<organisation>.<n>` is an account without limits.
import { isPositiveInteger, isRecord } from './json.ts'
import { SimulatorError } from './simulator-error.ts'
import type { VendorName } from './vendor-name.ts'
import { isVendorName, VENDOR_NAMES } from './vendor-name.ts'

export interface SimulatedAccount {
  vendor: VendorName
  key: string
  /** Shown in the ledger; the organisation when left out. */
  name?: string
  organisation: string
  workspace?: string
  /** Limits belong to the organisation: the first account of it that states one sets it. */
  requestsPerMinute?: number
  inputTokensPerMinute?: number
  outputTokensPerMinute?: number
  /** What the account may use; every model the vendor has when left out. */
  models?: string[]
}

export type RateLimit = 'requestsPerMinute' | 'inputTokensPerMinute' | 'outputTokensPerMinute'

const RATE_LIMITS: readonly RateLimit[] = ['requestsPerMinute', 'inputTokensPerMinute', 'outputTokensPerMinute']

export interface Accounts {
  find(vendor: VendorName, key: string): SimulatedAccount | null
  /** The limit of the account's organisation, null when it has none. */
  limit(account: SimulatedAccount, limit: RateLimit): number | null
  add(accounts: readonly SimulatedAccount[]): void
  list(): SimulatedAccount[]
}

export function createAccounts(initial: readonly SimulatedAccount[], implicit: boolean): Accounts {
  const byKey = new Map<string, SimulatedAccount>()
  const limits = new Map<string, number>()

  function add(accounts: readonly SimulatedAccount[]): void {
    for (const account of accounts) {
      byKey.set(`${account.vendor}:${account.key}`, account)
      for (const limit of RATE_LIMITS) {
        const name = `${account.vendor}:${account.organisation}:${limit}`
        const value = account[limit]
        if (value !== undefined && !limits.has(name)) limits.set(name, value)
      }
    }
  }
  add(initial)

  return {
    add,
    list: () => [...byKey.values()],
    find: (vendor, key) => byKey.get(`${vendor}:${key}`) ?? (implicit ? implicitAccount(vendor, key) : null),
    limit: (account, limit) => limits.get(`${account.vendor}:${account.organisation}:${limit}`) ?? null,
  }
}

function implicitAccount(vendor: VendorName, key: string): SimulatedAccount | null {
  const prefix = `sim-${vendor}-`
  const organisation = key.slice(prefix.length).replace(/\.\d+$/, '')
  return key.startsWith(prefix) && organisation !== '' ? { vendor, key, organisation } : null
}

/** Reads accounts from a file or a request; throws `invalid_accounts` with the place of the first mistake. */
export function parseAccounts(value: unknown): SimulatedAccount[] {
  if (!Array.isArray(value)) throw new SimulatorError('invalid_accounts', 'accounts must be a JSON array')
  return value.map((entry: unknown, index) => parseAccount(entry, `accounts[${index}]`))
}

function parseAccount(entry: unknown, place: string): SimulatedAccount {
  const wrong = (what: string) => new SimulatorError('invalid_accounts', `${place}${what}`)
  if (!isRecord(entry)) throw wrong(' must be an object')
  const { vendor, key, organisation, name, workspace, models } = entry
  if (!isVendorName(vendor)) throw wrong(`.vendor must be one of ${VENDOR_NAMES.join(', ')}`)
  if (typeof key !== 'string' || key === '') throw wrong('.key must be a string')
  if (typeof organisation !== 'string' || organisation === '') throw wrong('.organisation must be a string')
  const account: SimulatedAccount = { vendor, key, organisation }
  if (name !== undefined) account.name = text(name, wrong('.name must be a string'))
  if (workspace !== undefined) account.workspace = text(workspace, wrong('.workspace must be a string'))
  for (const limit of RATE_LIMITS) {
    const perMinute = entry[limit]
    if (perMinute === undefined) continue
    if (!isPositiveInteger(perMinute)) throw wrong(`.${limit} must be a positive integer`)
    account[limit] = perMinute
  }
  if (models !== undefined) {
    if (!Array.isArray(models)) throw wrong('.models must be an array of strings')
    account.models = models.map((id: unknown) => text(id, wrong('.models must be an array of strings')))
  }
  return account
}

function text(value: unknown, otherwise: SimulatorError): string {
  if (typeof value !== 'string') throw otherwise
  return value
}
