// Finds the top-level members of a JSON object in its bytes, and how deep it nests, in one pass and without parsing; and
// changes single members by splicing, so that every other byte stays as it was. It does not validate: text that JSON.parse
// refuses may scan. Used for depth limits, for reading one member of a large answer and for the changes metering needs.

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d
/** Shorter strings are walked in JavaScript; from here on one native search costs less than the walk. */
const nativeSearchBytesMin = 24

export interface Member {
  key: string
  /** At the key's opening quote. */
  keyStart: number
  valueStart: number
  valueEnd: number
}

export interface ObjectScan {
  /** At the opening brace, and after the closing one. */
  start: number
  end: number
  /** Nesting: 1 for an object without objects or arrays in it. */
  depth: number
  members: Member[]
}

/** Scans the one JSON object in `bytes[from, to)`; undefined when there is none, it is incomplete, or more follows it. */
export function scanObject(bytes: Buffer, from = 0, to = bytes.length): ObjectScan | undefined {
  const start = skipSpace(bytes, from, to)
  if (start >= to || bytes[start] !== braceOpen) return undefined
  const scan: ObjectScan = { start, end: -1, depth: 1, members: [] }
  let at = skipSpace(bytes, start + 1, to)
  if (bytes[at] === braceClose && at < to) return finishScan(bytes, scan, at + 1, to)
  while (at < to && bytes[at] === quote) {
    const keyStart = at
    const keyEnd = skipString(bytes, at + 1, to)
    if (keyEnd < 0) return undefined
    at = skipSpace(bytes, keyEnd, to)
    if (at >= to || bytes[at] !== colon) return undefined
    const valueStart = skipSpace(bytes, at + 1, to)
    const valueEnd = skipValue(bytes, valueStart, to, scan)
    const key = valueEnd < 0 ? undefined : readKey(bytes, keyStart, keyEnd)
    if (key === undefined) return undefined
    scan.members.push({ key, keyStart, valueStart, valueEnd })
    at = skipSpace(bytes, valueEnd, to)
    if (at >= to) return undefined
    if (bytes[at] === braceClose) return finishScan(bytes, scan, at + 1, to)
    if (bytes[at] !== comma) return undefined
    at = skipSpace(bytes, at + 1, to)
  }
  return undefined
}

/** The last member of that name: where a name is repeated, JSON.parse takes the last one too. */
export function findMember(scan: ObjectScan, key: string): Member | undefined {
  return scan.members.findLast((member) => member.key === key)
}

/**
 * Gives every member of that name the value `json` (a repeated name must not keep another value for a reader that takes
 * the first), or adds the member. Undefined when `bytes` is no JSON object.
 */
export function replaceMember(bytes: Buffer, key: string, json: string): Buffer | undefined {
  const scan = scanObject(bytes)
  if (scan === undefined) return undefined
  const value = Buffer.from(json)
  const pieces: Buffer[] = []
  let from = 0
  for (const member of scan.members) {
    if (member.key !== key) continue
    pieces.push(bytes.subarray(from, member.valueStart), value)
    from = member.valueEnd
  }
  if (from === 0) return insertMember(bytes, key, json)
  pieces.push(bytes.subarray(from))
  return Buffer.concat(pieces)
}

/** Adds a member after the last one. The caller knows that there is none of that name. */
export function insertMember(bytes: Buffer, key: string, json: string): Buffer | undefined {
  const scan = scanObject(bytes)
  if (scan === undefined) return undefined
  const last = scan.members.at(-1)
  const at = last === undefined ? scan.start + 1 : last.valueEnd
  const member = Buffer.from(`${last === undefined ? '' : ','}${JSON.stringify(key)}:${json}`)
  return Buffer.concat([bytes.subarray(0, at), member, bytes.subarray(at)])
}

/** Removes every member of that name, each with one comma. The same buffer when there is none. */
export function removeMember(bytes: Buffer, key: string): Buffer | undefined {
  let rest = bytes
  while (true) {
    const scan = scanObject(rest)
    if (scan === undefined) return undefined
    const member = findMember(scan, key)
    if (member === undefined) return rest
    const { start, end } = removalSpan(scan, member)
    rest = Buffer.concat([rest.subarray(0, start), rest.subarray(end)])
  }
}

/** The span to leave out so that the scanned object lacks this one member: the member with one comma beside it. */
export function removalSpan(scan: ObjectScan, member: Member): { start: number; end: number } {
  const index = scan.members.indexOf(member)
  const before = scan.members[index - 1]
  if (before !== undefined) return { start: before.valueEnd, end: member.valueEnd }
  const after = scan.members[index + 1]
  return { start: member.keyStart, end: after === undefined ? member.valueEnd : after.keyStart }
}

/**
 * Whether the text from `from` (outside any string, inside some object) closes exactly one level by `to`. It tells a
 * top-level member near the end of an object from a nested one without scanning what stands before it.
 */
export function closesOneLevel(bytes: Buffer, from: number, to: number): boolean {
  let level = 0
  let at = from
  while (at < to) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1, to)
      if (at < 0) return false
      continue
    }
    if (byte === braceOpen || byte === bracketOpen) level++
    else if (byte === braceClose || byte === bracketClose) level--
    at++
  }
  return level === -1
}

/** After a string's closing quote, given where its text begins; -1 when it does not end before `to`. */
export function skipString(bytes: Buffer, textStart: number, to: number): number {
  const nearEnd = Math.min(to, textStart + nativeSearchBytesMin)
  let at = textStart
  while (at < nearEnd) {
    const byte = bytes[at]
    if (byte === quote) return at + 1
    at += byte === backslash ? 2 : 1
  }
  const searchStart = at
  while (at < to) {
    const found = bytes.indexOf(quote, at)
    if (found < 0 || found >= to) return -1
    let slash = found
    while (slash > searchStart && bytes[slash - 1] === backslash) slash--
    if ((found - slash) % 2 === 0) return found + 1
    at = found + 1
  }
  return -1
}

export function skipSpace(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
  return at
}

/** After the value that begins at `at`, or -1; raises `scan.depth` to the deepest nesting seen. */
function skipValue(bytes: Buffer, at: number, to: number, scan: ObjectScan): number {
  const first = bytes[at]
  if (at >= to) return -1
  if (first === quote) return skipString(bytes, at + 1, to)
  if (first === braceOpen || first === bracketOpen) return skipContainer(bytes, at, to, scan)
  let end = at
  while (end < to && !endsScalar(bytes[end])) end++
  return end === at ? -1 : end
}

function skipContainer(bytes: Buffer, start: number, to: number, scan: ObjectScan): number {
  // The scanned object itself is level 1, so the value's own bracket makes 2.
  let level = 1
  let at = start
  while (at < to) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1, to)
      if (at < 0) return -1
      continue
    }
    at++
    if (byte === braceOpen || byte === bracketOpen) {
      level++
      if (level > scan.depth) scan.depth = level
    } else if (byte === braceClose || byte === bracketClose) {
      level--
      if (level === 1) return at
    }
  }
  return -1
}

function endsScalar(byte: number | undefined): boolean {
  return byte === comma || byte === braceClose || byte === bracketClose || (byte !== undefined && byte <= 0x20)
}

/** The key between its quotes; one with escapes is decoded, since "\\u006dodel" names the member "model". */
function readKey(bytes: Buffer, keyStart: number, keyEnd: number): string | undefined {
  const text = bytes.toString('utf8', keyStart + 1, keyEnd - 1)
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    // An escape that JSON does not have: this is not a JSON object.
    return undefined
  }
}

function finishScan(bytes: Buffer, scan: ObjectScan, end: number, to: number): ObjectScan | undefined {
  if (skipSpace(bytes, end, to) < to) return undefined
  scan.end = end
  return scan
}
