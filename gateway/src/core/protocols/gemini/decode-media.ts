// Media inside a generateContent request → canonical parts: images and plain text can be passed on; audio, video, documents and
// files that were uploaded to the vendor cannot.
import type { ImagePart, TextPart } from '../chat.ts'
import { members, nameRest, notTranslatable, readText, type RequestBody } from '../request-fields.ts'
import { readMessage } from './proto-json.ts'

/** Files of the vendor's own store, which only its accounts can read. */
const ownFilePattern = /^https?:\/\/(?:[\w-]+\.)*googleapis\.com\//i
/** A file without a type is taken for what its name says. */
const imageNamePattern = /\.(?:png|jpe?g|webp|gif|heic|heif|bmp)(?:[?#]|$)/i

const blobFields = members('mimeType data')
const fileFields = members('mimeType fileUri')

/** Undefined where the part holds no media. */
export function decodeMedia(part: RequestBody, path: string, dropped: string[]): TextPart | ImagePart | undefined {
  const { inlineData, fileData } = part
  if (inlineData !== undefined) return decodeInline(inlineData, `${path}.inlineData`, dropped)
  return fileData === undefined ? undefined : decodeFile(fileData, `${path}.fileData`, dropped)
}

function decodeInline(value: unknown, path: string, dropped: string[]): TextPart | ImagePart {
  const blob = readMessage(value, path)
  nameRest(blob, path, blobFields, dropped)
  const mediaType = readText(blob['mimeType'], `${path}.mimeType`)
  // Bytes come in either alphabet of base64; other wires take the standard one.
  const base64 = readText(blob['data'], `${path}.data`).replaceAll('-', '+').replaceAll('_', '/')
  if (mediaType.startsWith('image/')) return { type: 'image', source: { kind: 'data', mediaType, base64 } }
  if (mediaType.startsWith('text/')) return { type: 'text', text: Buffer.from(base64, 'base64').toString('utf8') }
  throw notTranslatable(path, `Data of the type "${mediaType}" cannot be passed on.`)
}

function decodeFile(value: unknown, path: string, dropped: string[]): ImagePart {
  const file = readMessage(value, path)
  nameRest(file, path, fileFields, dropped)
  const url = readText(file['fileUri'], `${path}.fileUri`)
  const mediaType = file['mimeType'] === undefined ? '' : readText(file['mimeType'], `${path}.mimeType`)
  if (!/^https?:/i.test(url) || ownFilePattern.test(url)) {
    throw notTranslatable(path, 'A file that was uploaded to one vendor cannot be passed on to another.')
  }
  const isImage = mediaType === '' ? imageNamePattern.test(url) : mediaType.startsWith('image/')
  if (!isImage) throw notTranslatable(path, 'Only images can be passed on by their address.')
  return { type: 'image', source: { kind: 'url', url } }
}
