// The rules of gateway keys: whom they may be made for, and that the key itself is handed out once and stored nowhere.
// Owns creation; authentication of requests is the data plane's, from the snapshot.
import { AppError, type EnterpriseId, type GroupId, type KeyId, type UserId } from '@aicarpool/contract'
import { z } from 'zod'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import type { KeyHasher } from '../../platform/secrets/gateway-key.ts'
import { findKeyOwner, insertKey } from './queries.ts'

export interface KeyMaker {
  hasher: KeyHasher
  random: Random
}

export interface NewKey {
  enterpriseId: EnterpriseId
  groupId: GroupId
  /** Absent: a key of the group itself, for a machine. */
  userId?: UserId | undefined
  name: string
  expiresAt?: Date | undefined
}

const nameLengthMax = 100
const keyName = z.string().trim().min(1).max(nameLengthMax)

/** The answer's `token` is the whole key; this is the only moment at which it exists. */
export async function createKey(
  tx: Transaction,
  maker: KeyMaker,
  input: NewKey,
): Promise<{ id: KeyId; token: string }> {
  const name = z.object({ name: keyName }).parse(input).name
  const owner = await findKeyOwner(tx, input.enterpriseId, input.groupId, input.userId)
  if (owner === undefined)
    throw new AppError('not_found', { detail: 'The enterprise has no such group.', field: 'groupId' })
  if (input.userId !== undefined && !owner.is_member) {
    throw new AppError('invalid_request', { detail: 'The user is not an active member of the group.', field: 'userId' })
  }
  const id = maker.random.uuid() as KeyId
  const { token, publicId, secretHmac, last4 } = maker.hasher.mint(maker.random)
  const { enterpriseId, groupId, userId, expiresAt } = input
  await insertKey(tx, { id, enterpriseId, groupId, userId, name, publicId, secretHmac, last4, expiresAt })
  return { id, token }
}
