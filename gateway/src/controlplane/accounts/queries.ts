// SQL of AI accounts.
import type { AccountId, EnterpriseId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'
import type { CheckedAccount } from './new-account.ts'

/** In the middle, so that one account can be put before and after another without touching it. */
const weightDefault = 100
const priorityDefault = 100

/** The trigger on `ai_service_accounts` tells the routing snapshot. */
export async function insertAccount(
  tx: Transaction,
  row: { id: AccountId; enterpriseId: EnterpriseId; envelope: Uint8Array; last4: string; account: CheckedAccount },
): Promise<void> {
  const { account } = row
  await tx.query(
    `INSERT INTO ai_service_accounts
       (id, enterprise_id, name, service_type, account_type, api_key_envelope, api_key_last4, api_endpoint,
        supported_models, current_model, daily_limit, cost_per_token, organisation, cache_domain, weight, priority,
        max_concurrency, requests_per_minute, input_tokens_per_minute, output_tokens_per_minute, model_prices)
     VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12::numeric, $13, $14, $15, $16, $17, $18, $19, $20, $21::jsonb)`,
    [
      row.id,
      row.enterpriseId,
      account.name,
      account.serviceType,
      account.accountType,
      row.envelope,
      row.last4,
      account.apiEndpoint ?? null,
      JSON.stringify(account.supportedModels),
      account.currentModel ?? account.supportedModels[0] ?? null,
      account.dailyLimit,
      account.costPerToken ?? null,
      account.organisation ?? null,
      account.cacheDomain ?? null,
      account.weight ?? weightDefault,
      account.priority ?? priorityDefault,
      account.maxConcurrency ?? null,
      account.requestsPerMinute ?? null,
      account.inputTokensPerMinute ?? null,
      account.outputTokensPerMinute ?? null,
      JSON.stringify(account.modelPrices ?? {}),
    ],
  )
}
