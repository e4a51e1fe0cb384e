// Encrypted reasoning: what a client carries along instead of the vendor storing it. Opaque, bound to the organisation
// that it was made for, and known again without any memory.
import { createHash } from 'node:crypto'
import { isOwnSignature } from '../thinking-signature.ts'

/** What all of OpenAI's begin with, the version of the token format behind it. */
const PREFIX = 'gAAAAAB'
const OWNER_LENGTH = 16

export function sealReasoning(signature: string, organisation: string): string {
  return PREFIX + ownerOf(organisation) + Buffer.from(signature, 'base64').toString('base64url')
}

export function openReasoning(sealed: string, organisation: string): 'ours' | 'another organisation' | 'broken' {
  const signature = Buffer.from(sealed.slice(PREFIX.length + OWNER_LENGTH), 'base64url').toString('base64')
  if (!sealed.startsWith(PREFIX) || !isOwnSignature(signature, null)) return 'broken'
  const owner = sealed.slice(PREFIX.length, PREFIX.length + OWNER_LENGTH)
  return owner === ownerOf(organisation) ? 'ours' : 'another organisation'
}

function ownerOf(organisation: string): string {
  return createHash('sha256').update(organisation).digest('hex').slice(0, OWNER_LENGTH)
}
