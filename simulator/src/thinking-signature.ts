// Signatures of thinking: opaque to the client, made here and known again here, without any memory. A vendor refuses
// what comes back with a signature it did not make, or on a thought it did not sign.
import { createHash } from 'node:crypto'
import type { Random } from './random.ts'

const NONCE_BYTES = 16
const DIGEST_BYTES = 32

/** Base64, about as long as a short one of a real vendor. */
export function signThinking(text: string, random: Random): string {
  const nonce = Buffer.from(random.hex(2 * NONCE_BYTES), 'hex')
  const thought = digest(text)
  return Buffer.concat([nonce, thought, digest(nonce, thought)]).toString('base64')
}

/** `text` null where the thought came back without its words, as some wires carry only the signature. */
export function isOwnSignature(signature: string, text: string | null): boolean {
  const bytes = Buffer.from(signature, 'base64')
  if (bytes.length !== NONCE_BYTES + 2 * DIGEST_BYTES) return false
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const thought = bytes.subarray(NONCE_BYTES, NONCE_BYTES + DIGEST_BYTES)
  const isOurs = digest(nonce, thought).equals(bytes.subarray(NONCE_BYTES + DIGEST_BYTES))
  return isOurs && (text === null || digest(text).equals(thought))
}

function digest(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256').update('simulated thinking')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
