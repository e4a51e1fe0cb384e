// Conversations and answers of every kind that canonical form allows, well-formed for nobody in particular: what clients of one
// wire may say and those of another may not, what was cut off, what is empty.
import fc from 'fast-check'
import {
  efforts,
  type CacheMark,
  type ChatEvent,
  type ChatMessage,
  type ChatRequest,
  type ContentPart,
  type FinishReason,
  type ImagePart,
  type ReasoningRequest,
  type ResponseFormat,
  type TextPart,
  type ToolChoice,
  type ToolDefinition,
} from '../../src/core/protocols/chat.ts'
import type { FailureKind } from '../../src/core/protocols/failure.ts'
import { noUsage, type Usage } from '../../src/core/protocols/usage.ts'

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
const text = fc.oneof(fc.constantFrom('', ' ', '\n', 'as JSON'), fc.string({ unit: 'binary', maxLength: 12 }))
const mark = fc.option(fc.constantFrom<CacheMark>('5m', '1h'), { nil: undefined, freq: 3 })

const textPart = fc.record({ text, mark }).map(({ text, mark }): TextPart => {
  return { type: 'text', text, ...(mark && { cacheMark: mark }) }
})
const source = fc.oneof(
  fc.constantFrom('image/png', 'image/jpeg', 'image/gif', 'image/webp').map((mediaType): ImagePart['source'] => {
    return { kind: 'data', mediaType, base64: 'aGk=' }
  }),
  fc.webUrl().map((url): ImagePart['source'] => ({ kind: 'url', url })),
)
const imagePart = fc.record({ source, mark }).map(({ source, mark }): ImagePart => {
  return { type: 'image', source, ...(mark && { cacheMark: mark }) }
})
const material = fc.array(fc.oneof({ arbitrary: textPart, weight: 3 }, imagePart), { maxLength: 3 })

const toolName = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/),
  fc.constantFrom('mcp.files:read', 'n'.repeat(100), '工具'),
)
const callId = fc.oneof(fc.uuid(), fc.constantFrom('call|fc', 'c'.repeat(90), 'toolu_1', '_', '号'))
const record = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
  noNullPrototype: true,
})
const argumentsJson = fc.oneof(
  record.map((value) => JSON.stringify(value)),
  fc.constantFrom('', '{"cut": "o', '[1]', 'null', ' {} '),
)

const call = fc.record({ id: callId, name: toolName, argumentsJson, content: material, isError: fc.boolean(), mark })
const round = fc.record({
  instruction: fc.option(text, { freq: 4 }),
  question: material,
  thought: fc.option(text, { freq: 3 }),
  words: fc.array(textPart, { maxLength: 2 }),
  calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
  /** How many of the calls the client answers. */
  answered: fc.nat(3),
  /** Something that no call in the conversation is the reason of. */
  hasStray: fc.boolean(),
})
type Round = typeof round extends fc.Arbitrary<infer Value> ? Value : never

function messagesOf(rounds: readonly Round[]): ChatMessage[] {
  return rounds.flatMap(({ instruction, question, thought, words, calls, answered, hasStray }, at): ChatMessage[] => {
    const id = (own: string) => `${own}${at}`
    const said = calls.map(({ id: own, name, argumentsJson }): ContentPart => {
      return { type: 'tool-call', id: id(own), name, argumentsJson }
    })
    const results = calls.slice(0, answered).map(({ id: own, name, content, isError, mark }): ContentPart => {
      const result = { type: 'tool-result' as const, callId: id(own), name, content, isError }
      return { ...result, ...(mark && { cacheMark: mark }) }
    })
    const stray: ContentPart = { type: 'tool-result', callId: 'gone', name: undefined, content: [], isError: false }
    const thoughts: ContentPart[] = thought === null ? [] : [{ type: 'reasoning', text: thought }]
    const messages: ChatMessage[] = [
      { role: 'system', content: instruction === null ? [] : [{ type: 'text', text: instruction }] },
      { role: 'user', content: question },
      { role: 'assistant', content: [...thoughts, ...words, ...said] },
      { role: 'user', content: hasStray ? [stray, ...results] : results },
    ]
    return messages.filter(({ content }) => content.length > 0)
  })
}

const schema = fc.constantFrom<Record<string, unknown>>(
  {},
  { type: 'object', properties: {} },
  { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false },
  { $schema: 'x', type: 'object', properties: { n: { type: 'integer', minimum: 3, format: 'int64' } } },
  { oneOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { properties: { b: { enum: [1, null] } } }] },
  { type: ['object', 'null'], properties: { l: { type: 'array', items: { $ref: '#/$defs/x' } } }, $defs: { x: true } },
)
const tool = fc.record({
  name: toolName,
  description: optional(text),
  parameters: schema,
  strict: optional(fc.boolean()),
  mark,
})

const reasoning = fc.record<ReasoningRequest>({
  effort: optional(fc.constantFrom(...efforts)),
  budgetTokens: optional(fc.integer({ min: 1, max: 200_000 })),
  isShown: fc.boolean(),
})
const format = fc.oneof(
  fc.constant<ResponseFormat>({ type: 'json' }),
  fc
    .record({
      name: fc.constantFrom('answer', '', 'a b', 'n'.repeat(90)),
      schema,
      strict: optional(fc.boolean()),
    })
    .map((given): ResponseFormat => ({ type: 'json-schema', ...given })),
)
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0)

/** Figures within what some vendor's wire allows; which of them another allows is the encoder's business. */
const settings = fc.record({
  maxOutputTokens: optional(fc.integer({ min: 1, max: 1_000_000 })),
  temperature: optional(real(0, 2)),
  topP: optional(real(0, 1)),
  topK: optional(fc.integer({ min: 0, max: 500 })),
  stopSequences: fc.array(text, { maxLength: 7 }),
  seed: optional(fc.maxSafeInteger()),
  presencePenalty: optional(real(-2, 2)),
  frequencyPenalty: optional(real(-2, 2)),
  reasoning: optional(reasoning),
  responseFormat: optional(format),
  userId: optional(fc.oneof(fc.string({ maxLength: 8 }), fc.constant('u'.repeat(600)))),
  parallelToolCalls: optional(fc.boolean()),
  stream: fc.boolean(),
})

export const anyRequest: fc.Arbitrary<ChatRequest> = fc
  .record({
    settings,
    model: fc.constantFrom('m', 'a-model'),
    system: fc.array(textPart, { maxLength: 3 }),
    rounds: fc.array(round, { maxLength: 3 }),
    question: fc.option(material, { freq: 5 }),
    tools: fc.uniqueArray(tool, { maxLength: 3, selector: ({ name }) => name }),
    choice: fc.constantFrom('auto', 'none', 'required', 'tool', undefined),
  })
  .map(({ settings, model, system, rounds, question, tools, choice }): ChatRequest => {
    const messages = messagesOf(rounds)
    if (question !== null && question.length > 0) messages.push({ role: 'user', content: question })
    const first = tools[0]
    const toolChoice: ToolChoice | undefined =
      choice === 'tool' ? first && { type: 'tool', name: first.name } : choice && { type: choice }
    const definitions = tools.map(({ mark, ...definition }): ToolDefinition => {
      return { ...definition, ...(mark && { cacheMark: mark }) }
    })
    return { ...settings, model, system, messages, tools: definitions, toolChoice }
  })

const count = fc.oneof(fc.constant(0), fc.nat(100_000))
const usage = fc
  .record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWrite5mTokens: count,
    cacheWrite30mTokens: count,
    cacheWrite1hTokens: count,
    cacheWrite12hTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    webSearches: fc.constantFrom(0, 3),
    webFetches: fc.constantFrom(0, 2),
    serviceTier: fc.constantFrom(undefined, 'standard', 'priority', 'batch', 'flex', 'default', 'on_demand', 'fast'),
  })
  .map((figures): Usage => ({ ...noUsage, ...figures }))

const finish = fc.constantFrom<FinishReason>(
  'stop',
  'stop-sequence',
  'length',
  'tool-calls',
  'content-filter',
  'refusal',
  'other',
)
const failureKind = fc.constantFrom<FailureKind>(
  'rate-limited',
  'overloaded',
  'quota-exhausted',
  'unauthorized',
  'invalid-request',
  'model-not-found',
  'server-error',
  'timeout',
  'connection',
  'cut',
)

const said = text.map((text): ChatEvent[] => [{ type: 'text-delta', text }])
const thought = text.map((text): ChatEvent[] => [{ type: 'reasoning-delta', text }])
const called = fc
  .record({ id: callId, name: toolName, pieces: fc.array(argumentsJson, { minLength: 1, maxLength: 2 }) })
  .map(({ id, name, pieces }): ChatEvent[] => [
    { type: 'tool-call-start', id, name },
    ...pieces.map((argumentsJson): ChatEvent => ({ type: 'tool-call-delta', argumentsJson })),
    { type: 'tool-call-end' },
  ])
const reported = usage.map((usage): ChatEvent[] => [{ type: 'usage', usage, raw: {}, isFinal: false }])

export interface AnyAnswer {
  events: ChatEvent[]
  usage: Usage
}

/** An answer that came to its end, or to a failure. `usage` is what was billed. */
export const anyAnswer: fc.Arbitrary<AnyAnswer> = fc
  .record({
    start: fc.option(fc.constantFrom('', 'the-model')),
    middle: fc.array(fc.oneof(said, thought, called, reported), { maxLength: 6 }),
    reason: finish,
    stopSequence: optional(text),
    failure: fc.option(failureKind, { freq: 5 }),
    usage,
  })
  .map(({ start, middle, reason, stopSequence, failure, usage }) => {
    const opened: ChatEvent[] = start === null ? [] : [{ type: 'message-start', id: 'upstream-1', model: start }]
    const ended: ChatEvent =
      failure === null
        ? { type: 'message-end', reason, stopSequence }
        : {
            type: 'failure',
            failure: { kind: failure, status: 500, code: 'c', message: 'It failed.', retryAfterMs: undefined },
          }
    return { events: [...opened, ...middle.flat(), ended], usage }
  })
