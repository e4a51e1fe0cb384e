// SQL of gateway keys.
import type { EnterpriseId, GroupId, KeyId, UserId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface NewKeyRow {
  id: KeyId
  enterpriseId: EnterpriseId
  groupId: GroupId
  userId: UserId | undefined
  name: string
  publicId: string
  secretHmac: Uint8Array
  last4: string
  expiresAt: Date | undefined
}

/** Whether the group exists in this enterprise and the user, if any, is an active member of it. */
export async function findKeyOwner(
  tx: Transaction,
  enterpriseId: EnterpriseId,
  groupId: GroupId,
  userId: UserId | undefined,
) {
  const { rows } = await tx.query<{ is_member: boolean }>(
    `SELECT EXISTS (
         SELECT FROM group_members m
         WHERE m.group_id = g.id AND m.user_id = $3::uuid AND m.status = 'active'
       ) AS is_member
     FROM groups g
     WHERE g.id = $1::uuid AND g.enterprise_id = $2::uuid AND g.archived_at IS NULL`,
    [groupId, enterpriseId, userId ?? null],
  )
  return rows[0]
}

/** The trigger on `api_keys` tells the routing snapshot. */
export async function insertKey(tx: Transaction, row: NewKeyRow): Promise<void> {
  await tx.kysely
    .insertInto('api_keys')
    .values({
      id: row.id,
      enterprise_id: row.enterpriseId,
      group_id: row.groupId,
      user_id: row.userId ?? null,
      name: row.name,
      public_id: row.publicId,
      secret_hmac: row.secretHmac,
      last4: row.last4,
      expires_at: row.expiresAt ?? null,
    })
    .execute()
}
