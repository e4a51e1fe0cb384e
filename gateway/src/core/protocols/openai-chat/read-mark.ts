// Marks of prefixes to cache, as clients of this wire and its other vendors set them on content and tools: `cache_control`, or
// `prompt_cache_breakpoint` (OpenAI guide "Prompt caching"), which names no time.
import type { CacheMark } from '../chat.ts'
import { asRecord } from '../lenient-json.ts'
import type { RequestBody } from '../request-fields.ts'

export function marked(entry: RequestBody): { cacheMark?: CacheMark } {
  const control = asRecord(entry['cache_control'])
  if (control !== undefined) return { cacheMark: control['ttl'] === '1h' ? '1h' : '5m' }
  return asRecord(entry['prompt_cache_breakpoint']) === undefined ? {} : { cacheMark: '5m' }
}
