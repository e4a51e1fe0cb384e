// What a provider said in an error, made fit for logs and screens: bounded, on one line, without anything that looks like
// a credential (providers echo the key that they refuse). Used by every decoder of failures.

/** Enough for every message the vendors document; error pages and stack traces are cut. */
const messageCharsMax = 500
/** Key shapes in use (a short prefix and a dash, or one long run), bearer values, and anything as long as a secret. */
const credentialPattern = /\bBearer\s+\S+|\b(?:sk|pk|rk|key|aicp)[-_][\w*-]{6,}|\bAIza[\w*-]{8,}|[\w-]{32,}/gi

export function failureMessage(text: unknown, fallback: string): string {
  if (typeof text !== 'string' || text.trim() === '') return fallback
  const line = text
    .slice(0, 4 * messageCharsMax)
    .replace(/\s+/g, ' ')
    .trim()
  return line.replace(credentialPattern, '[masked]').slice(0, messageCharsMax)
}
