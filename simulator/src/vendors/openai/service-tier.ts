// Which service tier an answer says it was given: the one asked for, and `default` where the choice was left to OpenAI
// (API reference, `service_tier`).

const TIERS: readonly unknown[] = ['default', 'flex', 'priority', 'scale', 'fast']

export function servedTier(asked: unknown): string {
  return TIERS.includes(asked) ? String(asked) : 'default'
}
