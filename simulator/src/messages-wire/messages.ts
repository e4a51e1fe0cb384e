// The Messages wire as a vendor's endpoint reads it: request in, generation or problem out. Vendors that speak it bring
// their own dialect: what their models allow, and how they word an error.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import { wholeInput } from '../ledger.ts'
import type { Generation, Reading, WireRequest } from '../vendor.ts'
import type { AnswerForm } from './answer.ts'
import { messageBody } from './answer.ts'
import type { MessagesDialect, MessagesTerms } from './dialect.ts'
import { readTerms } from './dialect.ts'
import { messageEvents, sseEvent } from './event-stream.ts'
import type { Prompt } from '../prompt.ts'
import { readPrompt } from './read-prompt.ts'
import { findRequestProblem } from './validate.ts'

/** `POST /v1/messages`. */
export function readMessages({ body, headers }: WireRequest, dialect: MessagesDialect): Reading {
  const request = isRecord(body) ? body : {}
  const terms = readTerms(headers)
  const problem = findRequestProblem(request, dialect, terms, false)
  return problem === null ? { ok: true, generation: generate(request, dialect, terms) } : { ok: false, problem }
}

/** `POST /v1/messages/count_tokens`: what the same request would be billed as input, caches aside. */
export function readCount({ body, headers }: WireRequest, dialect: MessagesDialect): Reading {
  const request = isRecord(body) ? body : {}
  const terms = readTerms(headers)
  const problem = findRequestProblem(request, dialect, terms, true)
  if (problem !== null) return { ok: false, problem }
  const generation: Generation = {
    ...generate(request, dialect, terms),
    purpose: 'count',
    streamed: false,
    outputTokensMax: null,
    body: ({ usage }) => JSON.stringify({ input_tokens: wholeInput(usage) }),
  }
  return { ok: true, generation }
}

function withLives(prompt: Prompt, { cachesForAnHour }: MessagesDialect): Prompt {
  if (cachesForAnHour) return prompt
  const blocks = prompt.blocks.map((block) => (block.cacheFor === '1h' ? { ...block, cacheFor: '5m' as const } : block))
  return { ...prompt, blocks }
}

function generate(request: JsonRecord, dialect: MessagesDialect, terms: MessagesTerms): Generation {
  const model = String(request['model'])
  const rules = dialect.rules(model)
  const prompt = withLives(readPrompt(request, rules, terms), dialect)
  const form: AnswerForm = {
    isNewer: terms.isNewer,
    splitsOutput: prompt.thinking !== undefined,
    inferenceGeo: textOrNull(request['inference_geo']),
    speed: textOrNull(request['speed']),
    showsThinking: showsThinking(request['thinking'], rules.showsThinking),
    redactsThinking: prompt.lastUserText.includes('[[redact]]'),
    countsThinking: terms.betas.includes('thinking-token-count'),
    managesContext: isRecord(request['context_management']) && terms.betas.includes('context-management'),
  }
  return {
    model,
    streamed: request['stream'] === true,
    prompt,
    outputTokensMax: request['max_tokens'] as number,
    streamContentType: 'text/event-stream; charset=utf-8',
    body: (answer) => messageBody(answer, form),
    frames: (answer) => messageEvents(answer, form, dialect.tellsInputFirst),
    errorFrame: (problem, context) => sseEvent('error', dialect.errorBody(problem, context)),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function showsThinking(thinking: unknown, byDefault: boolean): boolean {
  const display = isRecord(thinking) ? thinking['display'] : null
  return typeof display === 'string' ? display !== 'omitted' : byDefault
}
