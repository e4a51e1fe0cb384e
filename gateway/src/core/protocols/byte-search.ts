// Cheap looks at the bytes of a streamed event, so that the steady path of a pass-through parses nothing: is this word in
// here at all, and how much answer text is it. Used by the listeners of the protocols.
import { skipSpace, skipString } from './json-scan.ts'

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/** Finds one word in the events of a chunk with one native search for the whole chunk, not one for each event. */
export class ByteSearch {
  readonly #word: Buffer
  #bytes: Buffer | undefined
  #from = 0
  #found = -1

  constructor(word: string) {
    this.#word = Buffer.from(word)
  }

  /** The first place of the word in `bytes[from, to)`, or -1. */
  find(bytes: Buffer, from: number, to: number): number {
    if (this.#bytes !== bytes || from < this.#from || (this.#found >= 0 && this.#found < from)) {
      this.#bytes = bytes
      this.#found = bytes.indexOf(this.#word, from)
    }
    this.#from = from
    return this.#found >= 0 && this.#found < to ? this.#found : -1
  }
}

/** Whether `word` stands in the bytes at `at`. */
export function standsAt(bytes: Buffer, at: number, word: Buffer): boolean {
  if (at + word.length > bytes.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

/**
 * Where the value of the member begins whose quoted key was found at `keyAt`, or -1 when that was no key but the end of a
 * string with such words in it.
 */
export function memberValueStart(bytes: Buffer, keyAt: number, keyLength: number, to: number): number {
  if (bytes[keyAt - 1] === backslash) return -1
  const colonAt = skipSpace(bytes, keyAt + keyLength, to)
  if (colonAt >= to || bytes[colonAt] !== colon) return -1
  const valueStart = skipSpace(bytes, colonAt + 1, to)
  return valueStart < to ? valueStart : -1
}

/** A set of short ASCII keys, told apart by length, first and last letter: enough for an estimate. */
export function textKeys(...keys: string[]): ReadonlySet<number> {
  return new Set(keys.map((key) => keyMark(key.length, key.charCodeAt(0), key.charCodeAt(key.length - 1))))
}

function keyMark(length: number, first: number, last: number): number {
  return length * 65_536 + first * 256 + last
}

/**
 * UTF-8 bytes of the string values below the given keys, in the JSON object or array that begins at `at`. A cut or
 * malformed value counts as far as it can be read.
 */
export function countTextBytes(bytes: Buffer, at: number, to: number, keys: ReadonlySet<number>): number {
  let total = 0
  let level = 0
  let counting = false
  while (at < to) {
    const byte = bytes[at]
    if (byte === quote) {
      const end = skipString(bytes, at + 1, to)
      if (end < 0) return total
      if (bytes[end] === colon) {
        counting = keys.has(keyMark(end - at - 2, bytes[at + 1] ?? 0, bytes[end - 2] ?? 0))
      } else if (counting) total += unescapedBytes(bytes, at + 1, end - 1)
      at = end
      continue
    }
    if (byte === braceOpen || byte === bracketOpen) level++
    else if ((byte === braceClose || byte === bracketClose) && --level <= 0) return total
    at++
  }
  return total
}

/** UTF-8 bytes of a JSON string's text once its escapes are decoded. */
function unescapedBytes(bytes: Buffer, from: number, to: number): number {
  let count = 0
  let at = from
  while (at < to) {
    if (bytes[at] !== backslash) {
      count++
      at++
    } else if (bytes[at + 1] === 0x75) {
      count += unicodeEscapeBytes(bytes, at + 2)
      at += 6
    } else {
      count++
      at += 2
    }
  }
  return count
}

/** \u0041 is one byte, \u00e9 two, \u4e2d three; each half of a surrogate pair is two of the pair's four. */
function unicodeEscapeBytes(bytes: Buffer, at: number): number {
  const code = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
  if (code < 0x80) return 1
  return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3
}
