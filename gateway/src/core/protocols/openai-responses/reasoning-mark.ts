// The mark that reasoning items of translated answers carry where the vendor would encrypt its thoughts: its servers refuse what
// they did not encrypt, so `strip-reasoning.ts` takes marked items out when such a conversation comes to one of them.

/** Letters that no encrypted content of the vendor has: it is base64. */
export const reasoningMark = 'translated:unsigned'

export function isMarked(encryptedContent: unknown): boolean {
  return typeof encryptedContent === 'string' && encryptedContent.startsWith(reasoningMark)
}
