// What an image costs on the Messages wire: a token for every 750 pixels, after the vendor has shrunk what is larger
// than it looks at ("Calculate image costs" in Anthropic's vision guide). Sizes are read from the image's own header.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'

const PIXELS_PER_TOKEN = 750
/** "about 1,600 tokens": an image of the largest size, and one whose size cannot be seen here, as behind an address. */
const IMAGE_TOKENS_MAX = 1600
const LONG_EDGE_PIXELS_MAX = 1568
const PNG_OPENING = '89504e470d0a1a0a'

export function imageTokens(source: unknown): number {
  const size = isRecord(source) ? sizeOf(source) : null
  if (size === null) return IMAGE_TOKENS_MAX
  const shrink = Math.min(1, LONG_EDGE_PIXELS_MAX / Math.max(size.width, size.height, 1))
  const pixels = size.width * shrink * (size.height * shrink)
  return Math.min(IMAGE_TOKENS_MAX, Math.max(1, Math.ceil(pixels / PIXELS_PER_TOKEN)))
}

function sizeOf(source: JsonRecord): { width: number; height: number } | null {
  if (typeof source['data'] !== 'string') return null
  const bytes = Buffer.from(source['data'], 'base64')
  if (bytes.length >= 24 && bytes.toString('hex', 0, 8) === PNG_OPENING) {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  }
  if (bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  }
  return null
}
