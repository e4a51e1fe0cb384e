// The rules of AI accounts (AI 账号): what a new one must say, where it may point, and that its key is sealed for its row
// before it touches the database. Owns creation.
import { AppError, type AccountId, type EnterpriseId } from '@aicarpool/contract'
import { requireKnown, type Providers } from '../../core/providers/registry.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { Secret } from '../../platform/secrets/secret.ts'
import type { RowAddress, Vault } from '../../platform/secrets/vault.ts'
import type { EgressGuard } from '../../platform/upstream/egress-guard.ts'
import { type NewAccount, newAccount } from './new-account.ts'
import { insertAccount } from './queries.ts'

const last4Length = 4

export interface AccountMaker {
  providers: Providers
  vault: Vault
  guard: EgressGuard
  random: Random
}

export async function createAccount(
  tx: Transaction,
  maker: AccountMaker,
  enterpriseId: EnterpriseId,
  input: NewAccount,
): Promise<AccountId> {
  const account = newAccount.parse(input)
  requireKnown(maker.providers, account.serviceType, 'serviceType')
  checkEndpoint(maker.guard, account.apiEndpoint)
  const id = maker.random.uuid() as AccountId
  const envelope = maker.vault.seal(new Secret(account.apiKey), apiKeyAddress(enterpriseId, id))
  await insertAccount(tx, { id, enterpriseId, envelope, last4: account.apiKey.slice(-last4Length), account })
  return id
}

/** Where an account's key stands: told again by whoever opens the envelope. */
export function apiKeyAddress(enterpriseId: EnterpriseId, accountId: AccountId): RowAddress {
  return { tenant: enterpriseId, table: 'ai_service_accounts', column: 'api_key_envelope', rowId: accountId }
}

function checkEndpoint(guard: EgressGuard, endpoint: string | undefined): void {
  if (endpoint === undefined) return
  const decision = guard.decideUrl(endpoint)
  const url = new URL(endpoint)
  if (!decision.allowed) throw new AppError('invalid_request', { detail: decision.message, field: 'apiEndpoint' })
  if (url.search !== '' || url.hash !== '') {
    throw new AppError('invalid_request', {
      detail: 'The endpoint must not have a query or fragment.',
      field: 'apiEndpoint',
    })
  }
}
