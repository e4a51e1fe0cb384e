// How OpenAI caches a request's prompt: by itself and free of charge up to gpt-5.5; since gpt-5.6 it bills what it
// writes, for 30 minutes or 12 hours, and takes explicit breakpoints (prompt caching guide, `prompt_cache_options`).
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { CachePolicy } from '../../prompt-cache.ts'
import type { CacheLife } from '../../prompt.ts'
import { abilitiesOf } from './models.ts'

export function cachePolicyOf(model: string, { prompt_cache_options: options }: JsonRecord): CachePolicy {
  if (!abilitiesOf(model).billsCacheWrites) return 'automatic'
  if (isRecord(options) && options['mode'] === 'explicit') return 'marked'
  return { billedLife: isRecord(options) && options['ttl'] === '12h' ? '12h' : '30m' }
}

/** The life that a content part's `prompt_cache_breakpoint` asks for. */
export function breakpointLife({ prompt_cache_breakpoint: breakpoint }: JsonRecord): CacheLife | null {
  if (!isRecord(breakpoint)) return null
  return breakpoint['ttl'] === '12h' ? '12h' : '30m'
}

/**
 * Tokens of an image. The real rule counts tiles of the scaled picture; without looking at its size, a picture in high
 * detail is taken for one of 1024 × 1024: 85 and four tiles of 170 (images and vision guide).
 */
export function imageTokensOf(detail: unknown): number {
  return detail === 'low' ? 85 : 765
}
