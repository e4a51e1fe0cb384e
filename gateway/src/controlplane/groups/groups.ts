// The rules of carpool groups (拼车组): what a new one must have. Owns creation; who is in it and what it uses are the
// features members and bindings.
import type { EnterpriseId, GroupId } from '@aicarpool/contract'
import { z } from 'zod'
import type { Transaction } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { insertGroup } from './queries.ts'

const nameLengthMax = 100
const descriptionLengthMax = 1000
/** A group is a team; a company is an enterprise. */
const membersMax = 10_000

export const newGroup = z.strictObject({
  name: z.string().trim().min(1).max(nameLengthMax),
  description: z.string().trim().max(descriptionLengthMax).optional(),
  /** Absent: the PRD's default of 5. */
  maxMembers: z.int().min(1).max(membersMax).optional(),
})
export type NewGroup = z.infer<typeof newGroup>

export async function createGroup(
  tx: Transaction,
  random: Random,
  enterpriseId: EnterpriseId,
  input: NewGroup,
): Promise<GroupId> {
  const { name, description, maxMembers } = newGroup.parse(input)
  const id = random.uuid() as GroupId
  await insertGroup(tx, { id, enterpriseId, name, description, maxMembers })
  return id
}
