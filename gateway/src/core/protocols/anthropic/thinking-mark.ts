// The mark that thinking blocks of translated answers carry where the vendor would sign: its servers refuse a signature
// that is not theirs, so `strip-thinking.ts` takes marked blocks out when such a conversation comes to one of them.

/** Letters that no signature of the vendor has: those are base64. */
export const thinkingMark = 'translated:unsigned'

export function isMarked(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith(thinkingMark)
}
