// The first set-up: a one-time token proves access to the machine, and with it the first administrator and enterprise are
// made. Owns the token and the order of things; people and enterprises are made by their own features.
import { AppError, type EnterpriseId, type UserId } from '@aicarpool/contract'
import { hash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Database, Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { createEnterprise, enterpriseName } from '../enterprises/enterprises.ts'
import { addEnterpriseMember, createUser, emailAddress, newPassword } from '../members/members.ts'
import { isSetUp, lockUnusedToken, markTokenUsed, replaceSetupToken } from './queries.ts'

/** 256 bits: guessing is hopeless at any rate of tries. */
const tokenBytes = 32
const tokenLengthMax = 200

export const setupRequest = z.strictObject({
  token: z.string().min(1).max(tokenLengthMax),
  enterpriseName,
  email: emailAddress,
  password: newPassword,
})
export type SetupRequest = z.infer<typeof setupRequest>

export type SetupState = { needsSetup: false } | { needsSetup: true; token: string }

/** At each start: without a set-up there is a new token, which the caller prints once. Only its hash is stored. */
export async function ensureSetupToken(options: { database: Database; random: Random }): Promise<SetupState> {
  return options.database.transaction(async (tx): Promise<SetupState> => {
    if (await isSetUp(tx)) return { needsSetup: false }
    const token = options.random.token(tokenBytes)
    await replaceSetupToken(tx, hashToken(token))
    return { needsSetup: true, token }
  })
}

/** All or nothing. Throws `setup_done` or `setup_token_invalid`. */
export async function setUp(
  options: { database: Database; random: Random },
  request: SetupRequest,
): Promise<{ enterpriseId: EnterpriseId; userId: UserId }> {
  return options.database.transaction(async (tx) => {
    await redeemToken(tx, request.token)
    const { email, password } = request
    const userId = await createUser(tx, options.random, { email, name: nameFrom(email), password, isSystemAdmin: true })
    const enterpriseId = await createEnterprise(tx, options.random, { name: request.enterpriseName })
    await addEnterpriseMember(tx, { enterpriseId, userId, role: 'enterprise_owner' })
    return { enterpriseId, userId }
  })
}

async function redeemToken(tx: Transaction, token: string): Promise<void> {
  const expected = await lockUnusedToken(tx)
  if (await isSetUp(tx)) throw new AppError('setup_done')
  const given = hashToken(token)
  // Hashes have one length, so the comparison takes the same time for every token.
  if (expected === undefined || !timingSafeEqual(given, expected)) throw new AppError('setup_token_invalid')
  await markTokenUsed(tx, expected)
}

function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function nameFrom(email: string): string {
  return email.slice(0, email.indexOf('@'))
}
