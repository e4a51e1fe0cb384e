// SQL of the first set-up.
import type { Queryable, Transaction } from '../../platform/database/database.ts'

/** Set up means: a system administrator exists. */
export async function isSetUp(queryable: Queryable): Promise<boolean> {
  const { rows } = await queryable.query<{ done: boolean }>(
    'SELECT EXISTS (SELECT FROM users WHERE is_system_admin) AS done',
  )
  return rows[0]?.done === true
}

/** Only the newest token counts: one that stands in an old log is worthless. */
export async function replaceSetupToken(tx: Transaction, tokenHash: Uint8Array): Promise<void> {
  await tx.query('DELETE FROM setup_tokens WHERE used_at IS NULL')
  await tx.query('INSERT INTO setup_tokens (token_hash) VALUES ($1)', [tokenHash])
}

/**
 * The token that may still be used, locked until the transaction ends: of two set-ups at once the second waits here, and
 * then finds none.
 */
export async function lockUnusedToken(tx: Transaction): Promise<Uint8Array | undefined> {
  const { rows } = await tx.query<{ token_hash: Uint8Array }>(
    'SELECT token_hash FROM setup_tokens WHERE used_at IS NULL ORDER BY created_at DESC LIMIT 1 FOR UPDATE',
  )
  return rows[0]?.token_hash
}

export async function markTokenUsed(tx: Transaction, tokenHash: Uint8Array): Promise<void> {
  await tx.query('UPDATE setup_tokens SET used_at = now() WHERE token_hash = $1', [tokenHash])
}
