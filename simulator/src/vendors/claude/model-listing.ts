// Anthropic's list of models and its pages (Models API reference: `limit`, `after_id`, `before_id`; SDK 1.12 ModelInfo).
import type { Model } from '../../vendor.ts'
import { CLAUDE_MODELS, claudeRules, familyOf } from './models.ts'

const PAGE_DEFAULT = 20
const PAGE_MAX = 1000

export function showModel(model: Model): string {
  return JSON.stringify(modelObject(model))
}

export function listModels(models: readonly Model[], query: URLSearchParams): string {
  const limit = Number(query.get('limit') ?? PAGE_DEFAULT)
  const size = Number.isInteger(limit) && limit >= 1 ? Math.min(limit, PAGE_MAX) : PAGE_DEFAULT
  const places = models.map(({ id }) => id)
  const before = places.indexOf(query.get('before_id') ?? '')
  // An unknown id to start after is the beginning, which keeps a client going that kept a retired model's id.
  const start = before >= 0 ? Math.max(0, before - size) : places.indexOf(query.get('after_id') ?? '') + 1
  const end = before >= 0 ? before : start + size
  const data = models.slice(start, end).map(modelObject)
  const hasMore = before >= 0 ? start > 0 : end < models.length
  return JSON.stringify({ data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
}

function modelObject(model: Model): { id: string } & Record<string, unknown> {
  const known = CLAUDE_MODELS.find(({ id }) => id === model.id)
  return {
    type: 'model',
    id: model.id,
    display_name: known?.displayName ?? model.id,
    created_at: `${known?.createdAt ?? '1970-01-01'}T00:00:00Z`,
    capabilities: capabilities(model.id),
    lifecycle: 'active',
    line: familyOf(model.id).line,
    max_input_tokens: model.contextTokensMax,
    max_tokens: model.outputTokensMax,
    deprecated_at: null,
    retires_at: null,
  }
}

function capabilities(id: string): object {
  const rules = claudeRules(id)
  const has = (supported: boolean) => ({ supported })
  const thinks = (['adaptive', 'between_tools', 'disabled', 'enabled'] as const).map((type) => [
    type,
    has(rules.thinking.has(type)),
  ])
  const effort = ['high', 'low', 'max', 'medium', 'xhigh'].map((level) => [level, has(rules.efforts.has(level))])
  return {
    batch: has(true),
    citations: has(true),
    effort: { ...has(rules.efforts.size > 0), ...(Object.fromEntries(effort) as object) },
    image_input: has(true),
    pdf_input: has(true),
    structured_outputs: has(rules.structuredOutput),
    thinking: {
      ...has(rules.thinking.has('enabled') || rules.thinking.has('adaptive')),
      types: Object.fromEntries(thinks) as object,
    },
  }
}
