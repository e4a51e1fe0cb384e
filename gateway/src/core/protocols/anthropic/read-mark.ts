// `cache_control` of a block, a tool or a whole request, as a canonical mark.
import type { CacheMark } from '../chat.ts'
import { invalidField, readRecord, type RequestBody } from '../request-fields.ts'

/** `path` names the block in complaints; empty for the request itself. */
export function markOf(block: RequestBody, path: string): CacheMark | undefined {
  const value = block['cache_control'] ?? undefined
  if (value === undefined) return undefined
  const place = path === '' ? 'cache_control' : `${path}.cache_control`
  const { type, ttl } = readRecord(value, place)
  if (type !== 'ephemeral') throw invalidField(`${place}.type`, 'must be ephemeral')
  if (ttl === undefined || ttl === null || ttl === '5m') return '5m'
  if (ttl !== '1h') throw invalidField(`${place}.ttl`, 'must be 5m or 1h')
  return '1h'
}

/** The mark as a member to spread: canonical parts have none rather than an undefined one. */
export function marked(block: RequestBody, path: string): { cacheMark?: CacheMark } {
  const cacheMark = markOf(block, path)
  return cacheMark === undefined ? {} : { cacheMark }
}
