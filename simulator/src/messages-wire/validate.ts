// All that can be wrong with a Messages request, in the order in which the API notices it: fields, cache marks, the
// conversation. Answers the first problem or null. Counting tokens has the same rules without a cap.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { BlockRules } from './content-blocks.ts'
import { findBlockProblem } from './content-blocks.ts'
import { contentBlocks, findConversationProblem, findMessagesProblem } from './conversation.ts'
import type { MessagesDialect, MessagesTerms } from './dialect.ts'
import { firstProblem, invalid, notPermitted, required, wrongType } from './refusal.ts'
import { findSteeringProblem } from './steering-rules.ts'
import { findToolsProblem } from './tool-rules.ts'

/** Anthropic prompt caching guide: "up to 4 cache breakpoints". */
const CACHE_MARKS_MAX = 4

/** MessageCreateParams of SDK 1.12, its beta fields, and the three that only the older version has. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set(
  (
    'model messages max_tokens cache_control container diagnostics inference_geo metadata output_config service_tier ' +
    'speed stop_sequences stream system thinking tool_choice tools temperature top_p top_k ' +
    'billing_policy compaction context_management fallback_credit_token fallbacks mcp_servers output_format thread betas'
  ).split(' '),
)

export function findRequestProblem(
  request: JsonRecord,
  dialect: MessagesDialect,
  terms: MessagesTerms,
  isCount: boolean,
): Problem | null {
  return (
    findFieldProblem(request, isCount) ??
    findExtraField(request, dialect, terms) ??
    findSystemProblem(request['system'] ?? null, blockRules(dialect, terms)) ??
    findSteeringProblem(request, dialect.rules(String(request['model'])), terms) ??
    findToolsProblem(request, dialect.rules(String(request['model'])), blockRules(dialect, terms).refusesExtras) ??
    findMessagesProblem(request['messages'], terms, blockRules(dialect, terms)) ??
    findMarksProblem(request) ??
    findConversationProblem(
      request['messages'] as JsonRecord[],
      dialect.rules(String(request['model'])),
      isRecord(request['thinking']) ? request['thinking'] : null,
    )
  )
}

function blockRules(dialect: MessagesDialect, terms: MessagesTerms): BlockRules {
  return { refusesExtras: dialect.refusesExtras && terms.betas === '', isNewer: terms.isNewer }
}

function findFieldProblem(request: JsonRecord, isCount: boolean): Problem | null {
  for (const field of isCount ? ['model', 'messages'] : ['model', 'messages', 'max_tokens']) {
    if (request[field] === undefined) return required(field)
  }
  const { model, max_tokens: cap, stream = null, metadata = null } = request
  if (typeof model !== 'string') return wrongType('model', 'string')
  if (!isCount) {
    if (typeof cap !== 'number' || !Number.isInteger(cap)) return wrongType('max_tokens', 'integer')
    // Zero warms the prompt cache without an answer.
    if (cap < 0) return invalid('max_tokens: Input should be greater than or equal to 0')
    if (cap === 0 && stream === true) return invalid('max_tokens: must be at least 1 when `stream` is true')
  }
  if (stream !== null && typeof stream !== 'boolean') return wrongType('stream', 'boolean')
  return metadata === null || isRecord(metadata) ? null : wrongType('metadata', 'dictionary')
}

function findExtraField(request: JsonRecord, dialect: MessagesDialect, terms: MessagesTerms): Problem | null {
  if (!blockRules(dialect, terms).refusesExtras) return null
  const extra = Object.keys(request).find((field) => !KNOWN_FIELDS.has(field))
  return extra === undefined ? null : notPermitted(extra)
}

function findSystemProblem(system: unknown, rules: BlockRules): Problem | null {
  if (system === null || typeof system === 'string') return null
  if (!Array.isArray(system)) return wrongType('system', 'list')
  return firstProblem(system, (block: unknown, index) => {
    const place = `system.${index}`
    if (isRecord(block) && block['type'] !== 'text') return invalid(`${place}.type: Input should be 'text'`)
    if (isRecord(block) && block['text'] === '') return invalid('system: text content blocks must be non-empty')
    return findBlockProblem(block, 'system', place, rules)
  })
}

function findMarksProblem(request: JsonRecord): Problem | null {
  const marked = [
    ...(Array.isArray(request['tools']) ? request['tools'].filter(isRecord) : []),
    ...contentBlocks(request['system']),
    ...(request['messages'] as JsonRecord[]).flatMap(({ content }) => contentBlocks(content)),
    request,
  ].filter((block) => isRecord(block['cache_control']))
  const wrong = firstProblem(marked, ({ cache_control: control }) => findMarkProblem(control as JsonRecord))
  if (wrong !== null) return wrong
  if (marked.length > CACHE_MARKS_MAX) {
    return invalid(`A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marked.length}.`)
  }
  const lives = marked.map(({ cache_control: control }) => (control as JsonRecord)['ttl'] ?? '5m')
  const firstShort = lives.indexOf('5m')
  return firstShort >= 0 && lives.lastIndexOf('1h') > firstShort
    ? invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.")
    : null
}

function findMarkProblem({ type, ttl = '5m' }: JsonRecord): Problem | null {
  if (type !== 'ephemeral') return invalid("cache_control.type: Input should be 'ephemeral'")
  return ttl === '5m' || ttl === '1h' ? null : invalid("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
}
