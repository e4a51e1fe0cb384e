// OpenAI's Chat Completions answers, whole and streamed (API reference, "The chat completion object" and "chunk
// object"). Reasoning is hidden: it shows in the usage and in the time until the first chunk.
import type { AnswerPart, Choice } from '../../answer.ts'
import { partText } from '../../answer.ts'
import type { ChatRequest } from '../../chat-wire/chat-request.ts'
import { obfuscate, wantsObfuscation } from '../../obfuscation.ts'
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { chatUsage } from './chat-usage.ts'
import { openAiErrorBody } from './errors.ts'
import { cachePolicyOf } from './prompt-caching.ts'
import { servedTier } from './service-tier.ts'

type ToolCall = Extract<AnswerPart, { kind: 'tool-call' }>

export function openAiGeneration(request: ChatRequest): Generation {
  return {
    model: request.model,
    streamed: request.streamed,
    prompt: request.prompt,
    outputTokensMax: request.outputTokensMax,
    caching: cachePolicyOf(request.model, request.fields),
    streamContentType: 'text/event-stream; charset=utf-8',
    body: (answer) => completion(answer, request),
    frames: (answer) => chunks(answer, request),
    errorFrame: (problem, context) => event(openAiErrorBody(problem, context)),
  }
}

function envelope(answer: Answer, object: string): object {
  const created = Math.floor(answer.createdAtMs / 1000)
  return { id: answer.id, object, created, model: answer.model }
}

function served(answer: Answer, { fields }: ChatRequest): object {
  const tier = servedTier(fields['service_tier'])
  return { service_tier: tier, system_fingerprint: `fp_${answer.id.slice(-10).toLowerCase()}` }
}

/** A refusal within a JSON schema has a field of its own (Structured Outputs guide); any other is a content filter. */
function isRefusal(choice: Choice, request: ChatRequest): boolean {
  return choice.finish === 'content-filter' && request.prompt.outputSchema !== undefined
}

function finishReason(choice: Choice, request: ChatRequest): string {
  if (choice.finish === 'content-filter') return isRefusal(choice, request) ? 'stop' : 'content_filter'
  return choice.finish === 'tool-calls' ? 'tool_calls' : choice.finish
}

function completion(answer: Answer, request: ChatRequest): string {
  const choices = answer.choices.map((choice, index) => ({
    index,
    message: message(choice, request),
    logprobs: null,
    finish_reason: finishReason(choice, request),
  }))
  const document = {
    ...envelope(answer, 'chat.completion'),
    choices,
    ...(answer.usageMissing ? {} : { usage: chatUsage(answer) }),
    ...served(answer, request),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function message(choice: Choice, request: ChatRequest): object {
  const texts = choice.parts.filter((part) => part.kind === 'text').map(partText)
  const calls = choice.parts.filter((part) => part.kind === 'tool-call')
  const text = texts.join('')
  const refused = isRefusal(choice, request)
  return {
    role: 'assistant',
    content: refused || (calls.length > 0 && text === '') ? null : text,
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => toolCall(call, request, call.argumentsJson)) }),
    refusal: refused ? text : null,
    annotations: [],
  }
}

function toolCall({ id, name }: ToolCall, { customTools }: ChatRequest, argumentsJson: string): object {
  return customTools.has(name)
    ? { id: `call_${id}`, type: 'custom', custom: { name, input: argumentsJson } }
    : { id: `call_${id}`, type: 'function', function: { name, arguments: argumentsJson } }
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** What one chunk adds to one choice, and the text in it that is padded. */
interface Delta {
  value: object
  outputTokens: number
  reasoningTokens?: number
  padded: string
}

function* chunks(answer: Answer, request: ChatRequest): Generator<Frame> {
  const head = { ...envelope(answer, 'chat.completion.chunk'), ...served(answer, request) }
  const usageWanted = request.usageWanted && !answer.usageMissing
  const hasPadding = wantsObfuscation(request.fields)
  // With include_usage every chunk but the last says `usage: null`; without it the field is absent.
  const tail = usageWanted ? { usage: null } : {}
  const chunk = (index: number, delta: object, finish: string | null, padding: object) =>
    event({ ...head, choices: [{ index, delta, logprobs: null, finish_reason: finish }], ...tail, ...padding })
  for (const [index, { value, padded, ...generated }] of interleaved(answer.choices, request)) {
    const padding = hasPadding ? { obfuscation: obfuscate(padded, answer.random) } : {}
    yield { text: chunk(index, value, null, padding), ...generated }
  }
  for (const [index, choice] of answer.choices.entries()) {
    const padding = hasPadding ? { obfuscation: obfuscate('', answer.random) } : {}
    yield { text: chunk(index, {}, finishReason(choice, request), padding), outputTokens: 0, joinsNext: true }
  }
  if (usageWanted) {
    yield { text: event({ ...head, choices: [], usage: chatUsage(answer) }), outputTokens: 0, joinsNext: true }
  }
  yield { text: 'data: [DONE]\n\n', outputTokens: 0 }
}

/** Several choices are generated side by side. */
function* interleaved(choices: readonly Choice[], request: ChatRequest): Generator<[index: number, delta: Delta]> {
  const streams = choices.map((choice) => deltas(choice, request))
  for (let isAlive = true; isAlive;) {
    isAlive = false
    for (const [index, stream] of streams.entries()) {
      const step = stream.next()
      if (step.done === true) continue
      isAlive = true
      yield [index, step.value]
    }
  }
}

function* deltas(choice: Choice, request: ChatRequest): Generator<Delta> {
  const reasoningTokens = choice.parts.reduce(
    (sum, { kind, tokens }) => sum + (kind === 'thinking' ? tokens.length : 0),
    0,
  )
  const refused = isRefusal(choice, request)
  const callsOnly = choice.parts.every(({ kind }) => kind !== 'text') && choice.finish === 'tool-calls'
  const opening = { role: 'assistant', content: callsOnly || refused ? null : '', refusal: null }
  yield { value: opening, outputTokens: reasoningTokens, reasoningTokens, padded: '' }
  let callIndex = 0
  for (const part of choice.parts) {
    if (part.kind === 'text') {
      const field = refused ? 'refusal' : 'content'
      for (const token of part.tokens) yield { value: { [field]: token }, outputTokens: 1, padded: token }
    } else if (part.kind === 'tool-call') {
      yield* callDeltas(part, callIndex, request)
      callIndex += 1
    }
  }
}

/** The name comes first and once, then the arguments in pieces. */
function* callDeltas(call: ToolCall, index: number, request: ChatRequest): Generator<Delta> {
  const delta = (value: object) => ({ tool_calls: [{ index, ...value }] })
  yield { value: delta(toolCall(call, request, '')), outputTokens: 0, padded: '' }
  const isCustom = request.customTools.has(call.name)
  for (const token of call.tokens) {
    const piece = isCustom ? { custom: { input: token } } : { function: { arguments: token } }
    yield { value: delta(piece), outputTokens: 1, padded: token }
  }
}
