// SQL of people and their membership in enterprises and groups.
import type { EnterpriseId, GroupId, UserId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface NewUserRow {
  id: UserId
  email: string
  name: string
  passwordHash: string | undefined
  isSystemAdmin: boolean
}

/** False when the address is taken, in whatever case it was written. */
export async function insertUser(tx: Transaction, row: NewUserRow): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO users (id, email, name, password_hash, is_system_admin)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (lower(email)) DO NOTHING`,
    [row.id, row.email, row.name, row.passwordHash ?? null, row.isSystemAdmin],
  )
  return rowCount === 1
}

export async function insertEnterpriseMember(
  tx: Transaction,
  row: { enterpriseId: EnterpriseId; userId: UserId; role: 'enterprise_owner' | 'enterprise_admin' },
): Promise<void> {
  await tx.kysely
    .insertInto('enterprise_members')
    .values({ enterprise_id: row.enterpriseId, user_id: row.userId, role: row.role })
    .execute()
}

/** Locks the group's row, so that two additions at once cannot both take the last place. */
export async function lockGroupPlaces(
  tx: Transaction,
  groupId: GroupId,
): Promise<{ maxMembers: number; members: number } | undefined> {
  const { rows } = await tx.query<{ max_members: number }>(
    'SELECT max_members FROM groups WHERE id = $1::uuid AND archived_at IS NULL FOR UPDATE',
    [groupId],
  )
  const counted = await tx.query<{ members: bigint }>(
    `SELECT count(*) AS members FROM group_members WHERE group_id = $1::uuid AND status <> 'removed'`,
    [groupId],
  )
  const group = rows[0]
  return group && { maxMembers: group.max_members, members: Number(counted.rows[0]?.members ?? 0) }
}

export async function insertGroupMember(
  tx: Transaction,
  row: { groupId: GroupId; userId: UserId; role: 'group_owner' | 'group_member' },
): Promise<void> {
  await tx.kysely
    .insertInto('group_members')
    .values({ group_id: row.groupId, user_id: row.userId, role: row.role })
    .execute()
}
