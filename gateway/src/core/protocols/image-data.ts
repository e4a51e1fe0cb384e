// Images inside requests: `data:` URLs, as some wires carry them, to and from media type and base64 (RFC 2397).
import type { ImagePart } from './chat.ts'

const dataUrlPattern = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w-]+=[\w.-]+)*;base64,/

/** The source of an image that a client named by URL. */
export function imageSourceOf(url: string): ImagePart['source'] {
  const head = dataUrlPattern.exec(url)
  if (head === null) return { kind: 'url', url }
  return { kind: 'data', mediaType: head[1] ?? '', base64: url.slice(head[0].length) }
}

/** How closely an image is looked at is the vendor's own matter; what is usual needs no word. */
export function nameDetail(detail: unknown, path: string, dropped: string[]): void {
  if (detail !== undefined && detail !== null && detail !== 'auto') dropped.push(path)
}

export function imageUrlOf(source: ImagePart['source']): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
}
