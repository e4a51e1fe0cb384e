// Images that stand in a request's body as base64: hundreds of times more bytes than any vendor makes tokens of them. Near a limit
// the bound counts them by the most that one image can cost instead. Works on any wire: all of them name the type beside the data.

/**
 * The most tokens that one image costs at any of the vendors, shrunk by their own rules: Anthropic's largest size (4,784 for
 * models that look at 2,576 pixels, "Vision"), OpenAI's 1,536 patches times 2.46 ("Images and vision", patch-based models),
 * Gemini's 2,240 (ultra-high media resolution), Qwen's 16,384 (`vl_high_resolution_images`).
 */
export const imageTokensMax = 16_384

export interface InlineImages {
  count: number
  /** UTF-8 bytes of their base64 text in the body. */
  bytes: number
}

const dataUrl = /^data:image\/[\w.+-]+;base64,/i
const imageType = /^image\//i
const typeNames = ['media_type', 'mimeType', 'mime_type'] as const

/** Walks the parsed body; its depth was limited when it was read. */
export function inlineImages(value: unknown, found: InlineImages = { count: 0, bytes: 0 }): InlineImages {
  if (typeof value === 'string') {
    if (dataUrl.test(value)) note(found, value)
    return found
  }
  if (typeof value !== 'object' || value === null) return found
  if (Array.isArray(value)) {
    for (const entry of value) inlineImages(entry, found)
    return found
  }
  const record = value as Record<string, unknown>
  const isImage = typeNames.some((name) => typeof record[name] === 'string' && imageType.test(record[name]))
  for (const [name, member] of Object.entries(record)) {
    if (isImage && name === 'data' && typeof member === 'string') note(found, member)
    else inlineImages(member, found)
  }
  return found
}

function note(found: InlineImages, text: string): void {
  found.count += 1
  found.bytes += text.length
}
