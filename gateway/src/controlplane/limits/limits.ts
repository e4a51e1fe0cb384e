// The rules of limits (配额): which amounts they may have. Owns writing them; counting against them is core/quota's.
import { AppError, type EnterpriseId, type LimitId, amountMaxNanoUsd, parseDecimal } from '@aicarpool/contract'
import { z } from 'zod'
import { limitWindowKinds } from '../../core/quota/limits.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { upsertLimit } from './queries.ts'

const usdDecimals = 9

export const newLimit = z
  .strictObject({
    scope: z.enum(['enterprise', 'department', 'group', 'account', 'member', 'key']),
    scopeId: z.uuid(),
    metric: z.enum(['tokens', 'money', 'requests']),
    window: z.enum(limitWindowKinds),
    /** Decimal text, USD for money, whole for the others. Null is unlimited, 0 blocks. */
    amount: z.string().nullable(),
  })
  .refine(isAmount, { path: ['amount'], message: 'is not an amount of this metric' })
export type NewLimit = z.infer<typeof newLimit>

export async function saveLimit(
  tx: Transaction,
  random: Random,
  enterpriseId: EnterpriseId,
  input: NewLimit,
): Promise<LimitId> {
  const id = await upsertLimit(tx, random.uuid() as LimitId, enterpriseId, newLimit.parse(input))
  if (id === undefined)
    throw new AppError('not_found', { detail: 'The enterprise has no such scope.', field: 'scopeId' })
  return id
}

function isAmount(limit: { metric: string; amount: string | null }): boolean {
  if (limit.amount === null) return true
  if (limit.metric !== 'money') return parseDecimal(limit.amount, 0) !== undefined
  const nanoUsd = parseDecimal(limit.amount, usdDecimals)
  return nanoUsd !== undefined && nanoUsd <= amountMaxNanoUsd
}
