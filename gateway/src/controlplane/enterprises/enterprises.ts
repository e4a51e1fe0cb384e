// The rules of enterprises (企业), the tenants: what a new one must have. Owns creation.
import { timeZoneName, type EnterpriseId } from '@aicarpool/contract'
import { z } from 'zod'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { insertEnterprise } from './queries.ts'

const nameLengthMax = 200
const basisPointsMax = 10_000
export const enterpriseName = z.string().trim().min(1).max(nameLengthMax)

export const newEnterprise = z.strictObject({
  name: enterpriseName,
  /** IANA name; windows of limits begin at its midnight. Absent: the database's default. */
  timeZone: timeZoneName.optional(),
  /** Hundredths of a percent off every request's cost. */
  discountBasisPoints: z.int().min(0).max(basisPointsMax).optional(),
})
export type NewEnterprise = z.infer<typeof newEnterprise>

/** Throws ZodError, which is answered as `invalid_request` with the field at fault. */
export async function createEnterprise(tx: Transaction, random: Random, input: NewEnterprise): Promise<EnterpriseId> {
  const { name, timeZone, discountBasisPoints } = newEnterprise.parse(input)
  const id = random.uuid() as EnterpriseId
  await insertEnterprise(tx, { id, name, timeZone, discountBasisPoints })
  return id
}
