// The models Anthropic offers here, with their limits and what they allow. Limits and dates from models.dev (MIT),
// 2026-07; newer families from SDK 1.12's model list and Anthropic's model pages. What a model allows follows from its
// version ("What's new" and migration pages of each family). A class shares its limits over versions, as on
// Anthropic's rate limits page ("Claude Opus 4.x").
import type { ModelRules, ThinkingType } from '../../messages-wire/dialect.ts'
import type { Model } from '../../vendor.ts'

export interface ClaudeModel extends Model {
  displayName: string
  /** Day of release; the epoch where it is not known, as the API has it. */
  createdAt: string
}

type Row = [id: string, displayName: string, contextTokensMax: number, outputTokensMax: number, createdAt: string]

const MODELS: readonly Row[] = [
  ['claude-opus-5-5', 'Claude Opus 5.5', 1_000_000, 128_000, '2026-09-22'],
  ['claude-sonnet-5-5', 'Claude Sonnet 5.5', 1_000_000, 128_000, '2026-09-28'],
  ['claude-haiku-5-5', 'Claude Haiku 5.5', 200_000, 128_000, '2026-10-07'],
  ['claude-fable-5-2', 'Claude Fable 5.2', 1_000_000, 128_000, '2026-11-09'],
  ['claude-fable-5-1', 'Claude Fable 5.1', 1_000_000, 128_000, '1970-01-01'],
  ['claude-fable-5', 'Claude Fable 5', 1_000_000, 128_000, '2026-06-09'],
  ['claude-opus-5', 'Claude Opus 5', 1_000_000, 128_000, '2026-07-24'],
  ['claude-sonnet-5', 'Claude Sonnet 5', 1_000_000, 128_000, '2026-06-30'],
  ['claude-opus-4-8', 'Claude Opus 4.8', 1_000_000, 128_000, '2026-05-28'],
  ['claude-opus-4-7', 'Claude Opus 4.7', 1_000_000, 128_000, '2026-04-16'],
  ['claude-opus-4-6', 'Claude Opus 4.6', 1_000_000, 128_000, '2026-02-05'],
  ['claude-sonnet-4-6', 'Claude Sonnet 4.6', 1_000_000, 64_000, '2026-02-17'],
  ['claude-opus-4-5', 'Claude Opus 4.5', 200_000, 64_000, '2025-11-24'],
  ['claude-opus-4-5-20251101', 'Claude Opus 4.5', 200_000, 64_000, '2025-11-01'],
  ['claude-opus-4-1', 'Claude Opus 4.1', 200_000, 32_000, '2025-08-05'],
  ['claude-sonnet-4-5', 'Claude Sonnet 4.5', 200_000, 64_000, '2025-09-29'],
  ['claude-sonnet-4-5-20250929', 'Claude Sonnet 4.5', 200_000, 64_000, '2025-09-29'],
  ['claude-sonnet-4-0', 'Claude Sonnet 4', 200_000, 64_000, '2025-05-22'],
  ['claude-haiku-4-5', 'Claude Haiku 4.5', 200_000, 64_000, '2025-10-15'],
  ['claude-haiku-4-5-20251001', 'Claude Haiku 4.5', 200_000, 64_000, '2025-10-15'],
  ['claude-3-haiku-20240307', 'Claude Haiku 3', 200_000, 4_096, '2024-03-13'],
]

export const CLAUDE_MODELS: readonly ClaudeModel[] = MODELS.map(
  ([id, displayName, contextTokensMax, outputTokensMax, createdAt]) => ({
    id,
    rateClass: /^claude-[a-z]+-\d+/.exec(id)?.[0] ?? id,
    contextTokensMax,
    outputTokensMax,
    displayName,
    createdAt,
  }),
)

interface Family {
  line: string
  /** Major and minor as one number: 4.5 is 405. */
  version: number
}

/** Ids of an operator's own naming are taken for a model of the middle generation. */
const UNKNOWN: Family = { line: 'sonnet', version: 405 }
const EFFORTS = ['low', 'medium', 'high', 'max', 'xhigh']

/** `claude-opus-4-5-20251101` and `claude-3-haiku-20240307` alike. */
export function familyOf(id: string): Family {
  const [, line, major, minor = '0'] = /^claude-([a-z]+)-(\d)(?:-(\d)(?!\d))?/.exec(id) ?? []
  if (line !== undefined) return { line, version: Number(major) * 100 + Number(minor) }
  const [, oldMajor, oldMinor = '0', oldLine] = /^claude-(\d)(?:-(\d))?-([a-z]+)/.exec(id) ?? []
  return oldLine === undefined ? UNKNOWN : { line: oldLine, version: Number(oldMajor) * 100 + Number(oldMinor) }
}

export function claudeRules(id: string): ModelRules {
  const { line, version } = familyOf(id)
  const alwaysThinks = line === 'fable' || (version >= 505 && line !== 'haiku')
  return {
    thinking: thinkingTypes(line, version, alwaysThinks),
    sampling: version < 407,
    samplingIsExclusive: version >= 401,
    prefill: version < 406,
    forcedTools: !alwaysThinks || version === 500,
    efforts: efforts(line, version),
    structuredOutput: version >= 401,
    showsThinking: version < 407,
  }
}

function thinkingTypes(line: string, version: number, alwaysThinks: boolean): ReadonlySet<ThinkingType> {
  if (version < 307) return new Set(['disabled'])
  if (version < 406) return new Set(['enabled', 'disabled'])
  if (version < 407) return new Set(['enabled', 'adaptive', 'disabled'])
  if (!alwaysThinks) return new Set(['adaptive', 'disabled'])
  return new Set(line === 'sonnet' ? ['adaptive', 'between_tools'] : ['adaptive'])
}

function efforts(line: string, version: number): ReadonlySet<string> {
  if (version < 405 || (version === 405 && line !== 'opus')) return new Set()
  return new Set(EFFORTS.slice(0, version === 405 ? 3 : version === 406 ? 4 : 5))
}
