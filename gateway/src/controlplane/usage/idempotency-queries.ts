// Idempotency keys in the database: written in the transaction that inserts the rows of their requests, read when the gateway starts
// and where its memory was too small.
import { parseDecimal } from '@aicarpool/contract'
import { rememberedMs, type Original, type OriginalOutcome } from '../../core/idempotency/idempotency-keys.ts'
import { totalTokens } from '../../core/protocols/usage.ts'
import type { FinalEntry } from '../../core/journal/entry.ts'
import type { Database, Queryable, Transaction } from '../../platform/database/database.ts'
import type { SettledRow } from './rollup.ts'

export async function insertIdempotencyKeys(transaction: Transaction, rows: readonly SettledRow[]): Promise<void> {
  const spent = rows.flatMap(({ requestId, entry }) => {
    const outcome = outcomeOf(entry)
    return entry.idempotency && outcome ? [{ requestId, entry, outcome, hashes: entry.idempotency }] : []
  })
  if (spent.length === 0) return
  await transaction.query(
    `INSERT INTO idempotency_keys AS present (key_hash, enterprise_id, key_id, body_hash, request_id, outcome, tokens, cost, requested_at)
     SELECT decode(key_hash, 'hex'), enterprise_id, key_id, decode(body_hash, 'hex'), request_id, outcome, tokens,
       (cost::numeric / 1000000000)::numeric(20, 9), to_timestamp(0) + time_ms * interval '1 millisecond'
     FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::int8[], $8::int8[], $9::int8[])
       AS incoming (key_hash, enterprise_id, key_id, body_hash, request_id, outcome, tokens, cost, time_ms)
     ON CONFLICT (key_hash) DO UPDATE SET body_hash = excluded.body_hash, request_id = excluded.request_id,
       outcome = excluded.outcome, tokens = excluded.tokens, cost = excluded.cost, requested_at = excluded.requested_at
     WHERE excluded.requested_at > present.requested_at`,
    [
      spent.map(({ hashes }) => hexOf(hashes.key)),
      spent.map(({ entry }) => entry.enterpriseId),
      spent.map(({ entry }) => entry.keyId),
      spent.map(({ hashes }) => hexOf(hashes.body)),
      spent.map(({ requestId }) => requestId),
      spent.map(({ outcome }) => outcome),
      spent.map(({ entry }) => totalTokens(entry.usage)),
      spent.map(({ entry }) => entry.cost),
      spent.map(({ entry }) => entry.time),
    ],
  )
}

/** Undefined where the key is free again: the last attempt has answered nothing. */
function outcomeOf({ isFinal, isAnswered, status, errorCode }: FinalEntry): OriginalOutcome | undefined {
  if (!isFinal) return undefined
  if (errorCode === 'gateway_stopped') return 'recovered'
  if (isAnswered !== true) return undefined
  return status === 'success' ? 'success' : 'cut'
}

interface OriginalRow {
  key_hash: Buffer
  body_hash: Buffer
  request_id: string
  outcome: OriginalOutcome
  tokens: bigint
  cost: string
  requested_at: Date
}

const columns = 'key_hash, body_hash, request_id::text AS request_id, outcome, tokens, cost::text AS cost, requested_at'
const nanoUsdScale = 9

/** Of the last day, oldest first; the newest where there are more than `rowsMax`. */
export async function recentOriginals(
  database: Queryable,
  nowMs: number,
  rowsMax: number,
): Promise<{ keyHash: string; original: Original }[]> {
  const { rows } = await database.query<OriginalRow>(
    `SELECT ${columns} FROM idempotency_keys WHERE requested_at > $1 ORDER BY requested_at DESC LIMIT $2`,
    [new Date(nowMs - rememberedMs).toISOString(), rowsMax],
  )
  return rows.toReversed().map((row) => ({ keyHash: row.key_hash.toString('base64url'), original: originalOf(row) }))
}

export async function findOriginal(database: Database, keyHash: string, nowMs: number): Promise<Original | undefined> {
  const { rows } = await database.query<OriginalRow>(
    `SELECT ${columns} FROM idempotency_keys WHERE key_hash = $1 AND requested_at > $2`,
    [Buffer.from(keyHash, 'base64url'), new Date(nowMs - rememberedMs).toISOString()],
  )
  return rows[0] && originalOf(rows[0])
}

export async function deleteExpiredOriginals(database: Database, nowMs: number): Promise<void> {
  await database.query('DELETE FROM idempotency_keys WHERE requested_at <= $1', [
    new Date(nowMs - rememberedMs).toISOString(),
  ])
}

function originalOf(row: OriginalRow): Original {
  return {
    requestId: row.request_id,
    bodyHash: row.body_hash.toString('base64url'),
    atMs: row.requested_at.getTime(),
    ended: { outcome: row.outcome, tokens: Number(row.tokens), costNanoUsd: parseDecimal(row.cost, nanoUsdScale) ?? 0 },
  }
}

function hexOf(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('hex')
}
