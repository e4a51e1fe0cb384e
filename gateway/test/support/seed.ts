// The smallest set of rows that usage can point at: one enterprise, group, account, member and key.
// Owns nothing but their SQL; for tests of the database itself.
import type { Queryable } from '../../src/platform/database/database.ts'

export interface Seed {
  enterpriseId: string
  groupId: string
  accountId: string
  userId: string
  keyId: string
}

export async function seedTenant(database: Queryable, name = 'Acme'): Promise<Seed> {
  const enterpriseId = await insertOne(database, 'INSERT INTO enterprises (name) VALUES ($1) RETURNING id', [name])
  const groupId = await insertOne(database, 'INSERT INTO groups (enterprise_id, name) VALUES ($1, $2) RETURNING id', [
    enterpriseId,
    'platform team',
  ])
  const accountId = await insertOne(
    database,
    `INSERT INTO ai_service_accounts (enterprise_id, name, service_type, api_key_envelope, supported_models)
     VALUES ($1, 'claude 1', 'claude', $2, $3) RETURNING id`,
    [enterpriseId, Buffer.from([0, 1, 255]), JSON.stringify(['claude-x'])],
  )
  const userId = await insertOne(database, 'INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id', [
    `${name}@example.com`,
    'Li Lei',
  ])
  const keyId = await insertOne(
    database,
    `INSERT INTO api_keys (enterprise_id, group_id, user_id, name, public_id, secret_hmac, last4)
     VALUES ($1, $2, $3, 'laptop', $4, $5, 'abcd') RETURNING id`,
    [enterpriseId, groupId, userId, `pk-${name}`, Buffer.from('mac')],
  )
  return { enterpriseId, groupId, accountId, userId, keyId }
}

/** Adds `count` usage rows, one per second from `from` on, each costing `cost`. */
export async function seedUsage(
  database: Queryable,
  seed: Seed,
  options: { from: string; count: number; cost: string },
): Promise<void> {
  await database.query(
    `INSERT INTO usage_stats (request_id, attempt, is_final, enterprise_id, group_id, user_id, account_id, key_id,
       service_type, model_requested, model_used, request_type, input_tokens, total_tokens, cost, usage_source, status,
       request_time)
     SELECT gen_random_uuid(), 0, true, $1, $2, $3, $4, $5, 'claude', 'claude-x', 'claude-x', 'chat', 10, 10,
       $6::numeric, 'reported', 'success', $7::timestamptz + make_interval(secs => n)
     FROM generate_series(0, $8::int - 1) AS n`,
    [
      seed.enterpriseId,
      seed.groupId,
      seed.userId,
      seed.accountId,
      seed.keyId,
      options.cost,
      options.from,
      options.count,
    ],
  )
}

async function insertOne(database: Queryable, text: string, params: readonly unknown[]): Promise<string> {
  const { rows } = await database.query<{ id: string }>(text, params)
  return rows[0]?.id ?? ''
}
