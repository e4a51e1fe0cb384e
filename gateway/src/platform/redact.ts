// Takes secrets out of what is about to be written: by the name of the field that holds them, and by what keys look like
// wherever they stand in a text. Pure; used by log.ts and by the reports of the command line.

const redacted = '[redacted]'

/** Compared in lower case with `-` and `_` removed, so `x-api-key`, `apiKey` and `API_KEY` are one name. */
const secretNames = new Set([
  'authorization',
  'proxyauthorization',
  'xapikey',
  'xgoogapikey',
  'cookie',
  'setcookie',
  'apikey',
  'password',
  'passwordhash',
  'token',
  'setuptoken',
  'secret',
  'masterkey',
  'keypepper',
  'databaseurl',
])

/** What credentials look like: ours, the vendors' usual prefixes, a bearer header, and a password inside a URL. */
const secretPatterns: readonly [RegExp, string][] = [
  [/aicp_[A-Za-z0-9]{8}_[A-Za-z0-9]+/g, `aicp_${redacted}`],
  [/\bsk-[A-Za-z0-9_-]{6,}/g, `sk-${redacted}`],
  [/AIza[A-Za-z0-9_-]{10,}/g, `AIza${redacted}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${redacted}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${redacted}@`],
]

/** Deeper structures are cut: a log line is for people, and a cycle would never end. */
const depthMax = 8
/** Longer lists are cut, so that one line cannot fill a disk. */
const itemsMax = 100
/** Longer texts are cut: a stack with its cause fits, a body that someone logged by mistake does not. */
const textLengthMax = 8192

export function redactText(text: string): string {
  let clean = text.length > textLengthMax ? `${text.slice(0, textLengthMax)}… (${text.length} characters)` : text
  for (const [pattern, replacement] of secretPatterns) clean = clean.replace(pattern, replacement)
  return clean
}

function isSecretName(name: string): boolean {
  return secretNames.has(name.replaceAll(/[-_]/g, '').toLowerCase())
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const plain: Record<string, unknown> = { name: error.name, message: redactText(error.message) }
  if (error.stack !== undefined) plain['stack'] = redactText(error.stack)
  for (const [name, value] of Object.entries(error)) {
    if (!(name in plain)) plain[name] = isSecretName(name) ? redacted : redactValue(value, depth + 1)
  }
  if (error.cause !== undefined) plain['cause'] = redactValue(error.cause, depth + 1)
  return plain
}

/** A copy of the value that is safe to write: secrets replaced, bytes summarised, depth and length bounded. */
function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= depthMax) return '[deeper]'
  if (value instanceof Error) return redactError(value, depth)
  if ('toJSON' in value && typeof value.toJSON === 'function') return redactValue(value.toJSON(), depth + 1)
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => redactValue(item, depth + 1))
  return redactFields(value as Record<string, unknown>, depth)
}

/** The same for the fields of one object, with secrets recognised by their names too. */
export function redactFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const clean = Object.entries(fields)
    .slice(0, itemsMax)
    .map(([name, value]) => [name, isSecretName(name) ? redacted : redactValue(value, depth + 1)])
  // fromEntries defines properties, so a field called "__proto__" stays a field.
  return Object.fromEntries(clean)
}
