// The vendors' prompt caches: which prefix of a prompt an organisation has sent before, and what writing it costs.
// Two policies: `marked` (prefixes up to the caller's breakpoints) and `automatic` (every 128 tokens from 1,024 on), the
// second also in the newer form that bills what it writes.
import { createHash } from 'node:crypto'
import type { CacheLife, PromptBlock } from './prompt.ts'
import { blockPieces, blockTokens } from './prompt.ts'

/** Shorter prefixes are not cached (OpenAI and Anthropic prompt caching guides). */
const CACHED_TOKENS_MIN = 1024
/** The step in which automatic caching grows (OpenAI prompt caching guide). */
const AUTOMATIC_STEP_TOKENS = 128
/** How far before a breakpoint a written prefix is still found (Anthropic prompt caching guide). */
const LOOKBACK_BLOCKS = 20
const MINUTE_MS = 60_000
const LIFE_MS: Record<CacheLife, number> = {
  '5m': 5 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '12h': 12 * 60 * MINUTE_MS,
}
/** About 50 MB of hashes; the entry unused for longest goes first. */
const ENTRIES_MAX = 200_000

/** `billedLife`: automatic, and what is written costs extra and lives that long. */
export type CachePolicy = 'automatic' | 'marked' | { billedLife: CacheLife }

export type WrittenTokens = Readonly<Record<CacheLife, number>>

export interface CacheUse {
  readTokens: number
  writtenTokens: WrittenTokens
  /** Prefixes to keep alive or to begin, once the request is admitted. */
  prefixes: readonly { hash: string; life: CacheLife }[]
}

const NOTHING_WRITTEN: WrittenTokens = { '5m': 0, '1h': 0, '30m': 0, '12h': 0 }

export const NO_CACHE_USE: CacheUse = { readTokens: 0, writtenTokens: NOTHING_WRITTEN, prefixes: [] }

export interface PromptCache {
  /** Changes nothing: a request that is refused afterwards must not have warmed the cache. */
  lookup(scope: string, policy: CachePolicy, blocks: readonly PromptBlock[], nowMs: number): CacheUse
  commit(use: CacheUse, nowMs: number): void
}

interface Boundary {
  hash: string
  tokens: number
  life: CacheLife | null
}

export function createPromptCache(): PromptCache {
  const expiryMs = new Map<string, number>()
  const isAlive = (hash: string, nowMs: number) => (expiryMs.get(hash) ?? 0) > nowMs
  return {
    lookup(scope, policy, blocks, nowMs) {
      const alive = (boundary: Boundary) => isAlive(boundary.hash, nowMs)
      if (policy !== 'marked') return automaticUse(automaticBoundaries(scope, blocks), policy, alive)
      if (blocks.every((block) => block.cacheFor === null)) return NO_CACHE_USE
      return markedUse(blockBoundaries(scope, blocks), alive)
    },
    commit(use, nowMs) {
      for (const { hash, life } of use.prefixes) {
        // An hour's entry that is hit through a five-minute mark keeps its hour.
        const expiresAtMs = Math.max(expiryMs.get(hash) ?? 0, nowMs + LIFE_MS[life])
        // Deleted first, so that the map's order is the order of last use.
        expiryMs.delete(hash)
        expiryMs.set(hash, expiresAtMs)
      }
      for (const hash of expiryMs.keys()) {
        if (expiryMs.size <= ENTRIES_MAX) break
        expiryMs.delete(hash)
      }
    },
  }
}

function chain(previous: string, text: string): string {
  return createHash('sha256').update(previous).update('\0').update(text).digest('base64')
}

function automaticBoundaries(scope: string, blocks: readonly PromptBlock[]): Boundary[] {
  const tokens = blocks.flatMap(blockPieces)
  const boundaries: Boundary[] = []
  let hash = scope
  for (let end = AUTOMATIC_STEP_TOKENS; end <= tokens.length; end += AUTOMATIC_STEP_TOKENS) {
    hash = chain(hash, tokens.slice(end - AUTOMATIC_STEP_TOKENS, end).join(''))
    if (end >= CACHED_TOKENS_MIN) boundaries.push({ hash, tokens: end, life: '5m' })
  }
  return boundaries
}

/** Automatic caching reads the longest known prefix, and in its older form bills no writes. */
function automaticUse(
  boundaries: readonly Boundary[],
  policy: Exclude<CachePolicy, 'marked'>,
  alive: (boundary: Boundary) => boolean,
): CacheUse {
  const readTokens = boundaries.findLast(alive)?.tokens ?? 0
  const life = policy === 'automatic' ? '5m' : policy.billedLife
  const prefixes = boundaries.map(({ hash }) => ({ hash, life }))
  if (policy === 'automatic') return { readTokens, writtenTokens: NOTHING_WRITTEN, prefixes }
  const written = (boundaries.at(-1)?.tokens ?? 0) - readTokens
  return { readTokens, writtenTokens: { ...NOTHING_WRITTEN, [life]: written }, prefixes }
}

function blockBoundaries(scope: string, blocks: readonly PromptBlock[]): Boundary[] {
  let hash = scope
  let tokens = 0
  return blocks.map((block) => {
    hash = chain(hash, block.text)
    tokens += blockTokens([block])[0] ?? 0
    return { hash, tokens, life: block.cacheFor }
  })
}

function markedUse(boundaries: readonly Boundary[], alive: (boundary: Boundary) => boolean): CacheUse {
  const marks = boundaries.flatMap((boundary, index) =>
    boundary.life !== null && boundary.tokens >= CACHED_TOKENS_MIN ? [{ ...boundary, life: boundary.life, index }] : [],
  )
  let read: Boundary | undefined
  for (const mark of marks) {
    const near = boundaries.slice(Math.max(0, mark.index - LOOKBACK_BLOCKS), mark.index + 1)
    read = near.findLast(alive) ?? read
  }
  const readTokens = read?.tokens ?? 0
  const writtenTokens = { ...NOTHING_WRITTEN }
  let covered = readTokens
  for (const mark of marks) {
    writtenTokens[mark.life] += Math.max(0, mark.tokens - covered)
    covered = Math.max(covered, mark.tokens)
  }
  return {
    readTokens,
    writtenTokens,
    prefixes: [...refreshed(read), ...marks.map(({ hash, life }) => ({ hash, life }))],
  }
}

/** A hit lives on, also where the caller's marks have since moved past it. */
function refreshed(read: Boundary | undefined): { hash: string; life: CacheLife }[] {
  return read === undefined ? [] : [{ hash: read.hash, life: read.life ?? '5m' }]
}
