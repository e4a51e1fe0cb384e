// The rules of people: who can log in, and who belongs to which enterprise and group. Owns creation and joining; sessions
// and keys are other features.
import { AppError, type EnterpriseId, type GroupId, type UserId } from '@aicarpool/contract'
import { z } from 'zod'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { hashPassword } from '../../platform/secrets/password.ts'
import { insertEnterpriseMember, insertGroupMember, insertUser, lockGroupPlaces } from './queries.ts'

/** RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, brackets included. */
const emailLengthMax = 254
const personNameLengthMax = 100
/** OWASP ASVS 5.0, 6.2.1 asks for 8 at least and recommends more; the upper end bounds the hash's input. */
const passwordLengthMin = 12
const passwordLengthMax = 128

export const emailAddress = z.email().max(emailLengthMax)
export const newPassword = z.string().min(passwordLengthMin).max(passwordLengthMax)

export const newUser = z.strictObject({
  email: emailAddress,
  name: z.string().trim().min(1).max(personNameLengthMax),
  /** Absent: the person cannot log in with a password. */
  password: newPassword.optional(),
  isSystemAdmin: z.boolean().optional(),
})
export type NewUser = z.infer<typeof newUser>

export async function createUser(tx: Transaction, random: Random, input: NewUser): Promise<UserId> {
  const { email, name, password, isSystemAdmin } = newUser.parse(input)
  const id = random.uuid() as UserId
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  const inserted = await insertUser(tx, { id, email, name, passwordHash, isSystemAdmin: isSystemAdmin ?? false })
  if (!inserted)
    throw new AppError('invalid_request', { detail: 'This e-mail address is already in use.', field: 'email' })
  return id
}

export async function addEnterpriseMember(
  tx: Transaction,
  member: { enterpriseId: EnterpriseId; userId: UserId; role: 'enterprise_owner' | 'enterprise_admin' },
): Promise<void> {
  await insertEnterpriseMember(tx, member)
}

/** Refuses when the group is full (the PRD's `maxMembers`). */
export async function addGroupMember(
  tx: Transaction,
  member: { groupId: GroupId; userId: UserId; role: 'group_owner' | 'group_member' },
): Promise<void> {
  const places = await lockGroupPlaces(tx, member.groupId)
  if (places === undefined) throw new AppError('not_found', { detail: 'There is no such group.', field: 'groupId' })
  if (places.members >= places.maxMembers) {
    throw new AppError('invalid_request', {
      detail: `The group has all of its ${places.maxMembers} members.`,
      field: 'groupId',
    })
  }
  await insertGroupMember(tx, member)
}
