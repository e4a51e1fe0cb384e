// The vendors' prompt caches: which prefix of a prompt an organisation has sent before, and what writing it costs.
// Two policies: `marked` (prefixes up to the caller's breakpoints) and `automatic` (every 128 tokens from 1,024 on).
import { createHash } from 'node:crypto'
import type { CacheLife, PromptBlock } from './prompt.ts'
import { splitTokens } from './token-count.ts'

/** Shorter prefixes are not cached (OpenAI and Anthropic prompt caching guides). */
const CACHED_TOKENS_MIN = 1024
/** The step in which automatic caching grows (OpenAI prompt caching guide). */
const AUTOMATIC_STEP_TOKENS = 128
/** How far before a breakpoint a written prefix is still found (Anthropic prompt caching guide). */
const LOOKBACK_BLOCKS = 20
const LIFE_MS: Record<CacheLife, number> = { '5m': 5 * 60_000, '1h': 60 * 60_000 }
/** About 50 MB of hashes; the entry unused for longest goes first. */
const ENTRIES_MAX = 200_000

export interface CacheUse {
  readTokens: number
  write5mTokens: number
  write1hTokens: number
  /** Prefixes to keep alive or to begin, once the request is admitted. */
  prefixes: readonly { hash: string; life: CacheLife }[]
}

const NO_USE: CacheUse = { readTokens: 0, write5mTokens: 0, write1hTokens: 0, prefixes: [] }

export interface PromptCache {
  /** Changes nothing: a request that is refused afterwards must not have warmed the cache. */
  lookup(scope: string, policy: 'automatic' | 'marked', blocks: readonly PromptBlock[], nowMs: number): CacheUse
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
      if (policy === 'marked' && blocks.every((block) => block.cacheFor === null)) return NO_USE
      const alive = (boundary: Boundary) => isAlive(boundary.hash, nowMs)
      return policy === 'automatic'
        ? automaticUse(automaticBoundaries(scope, blocks), alive)
        : markedUse(blockBoundaries(scope, blocks), alive)
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
  const tokens = blocks.flatMap((block) => splitTokens(block.text))
  const boundaries: Boundary[] = []
  let hash = scope
  for (let end = AUTOMATIC_STEP_TOKENS; end <= tokens.length; end += AUTOMATIC_STEP_TOKENS) {
    hash = chain(hash, tokens.slice(end - AUTOMATIC_STEP_TOKENS, end).join(''))
    if (end >= CACHED_TOKENS_MIN) boundaries.push({ hash, tokens: end, life: '5m' })
  }
  return boundaries
}

/** Automatic caching reads the longest known prefix and bills no writes. */
function automaticUse(boundaries: readonly Boundary[], alive: (boundary: Boundary) => boolean): CacheUse {
  const readTokens = boundaries.findLast(alive)?.tokens ?? 0
  const prefixes = boundaries.map(({ hash }) => ({ hash, life: '5m' as const }))
  return { readTokens, write5mTokens: 0, write1hTokens: 0, prefixes }
}

function blockBoundaries(scope: string, blocks: readonly PromptBlock[]): Boundary[] {
  let hash = scope
  let tokens = 0
  return blocks.map((block) => {
    hash = chain(hash, block.text)
    tokens += splitTokens(block.text).length
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
  const use = { readTokens: read?.tokens ?? 0, write5mTokens: 0, write1hTokens: 0 }
  let covered = use.readTokens
  for (const mark of marks) {
    const written = Math.max(0, mark.tokens - covered)
    if (mark.life === '5m') use.write5mTokens += written
    else use.write1hTokens += written
    covered = Math.max(covered, mark.tokens)
  }
  return { ...use, prefixes: [...refreshed(read), ...marks.map(({ hash, life }) => ({ hash, life }))] }
}

/** A hit lives on, also where the caller's marks have since moved past it. */
function refreshed(read: Boundary | undefined): { hash: string; life: CacheLife }[] {
  return read === undefined ? [] : [{ hash: read.hash, life: read.life ?? '5m' }]
}
