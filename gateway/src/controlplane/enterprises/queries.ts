// SQL of enterprises.
import type { EnterpriseId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface NewEnterpriseRow {
  id: EnterpriseId
  name: string
  timeZone: string | undefined
  discountBasisPoints: number | undefined
}

export async function insertEnterprise(tx: Transaction, row: NewEnterpriseRow): Promise<void> {
  await tx.kysely
    .insertInto('enterprises')
    .values({
      id: row.id,
      name: row.name,
      ...(row.timeZone === undefined ? {} : { time_zone: row.timeZone }),
      ...(row.discountBasisPoints === undefined ? {} : { discount_basis_points: row.discountBasisPoints }),
    })
    .execute()
}
