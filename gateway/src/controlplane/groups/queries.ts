// SQL of carpool groups.
import type { EnterpriseId, GroupId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface NewGroupRow {
  id: GroupId
  enterpriseId: EnterpriseId
  name: string
  description: string | undefined
  maxMembers: number | undefined
}

export async function insertGroup(tx: Transaction, row: NewGroupRow): Promise<void> {
  await tx.kysely
    .insertInto('groups')
    .values({
      id: row.id,
      enterprise_id: row.enterpriseId,
      name: row.name,
      description: row.description ?? null,
      ...(row.maxMembers === undefined ? {} : { max_members: row.maxMembers }),
    })
    .execute()
}
