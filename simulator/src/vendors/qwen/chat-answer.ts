// DashScope's Chat Completions answers in compatible mode: OpenAI's shape with the fields in another order, usage null in
// every chunk whether asked for or not, thoughts in `reasoning_content`, and calls whose later pieces have an empty id
// (Model Studio, "OpenAI compatible"; recordings of the live API where that is silent).
import type { AnswerPart, Choice } from '../../answer.ts'
import { partText } from '../../answer.ts'
import type { ChatRequest } from '../../chat-wire/chat-request.ts'
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { isCachedExplicitly } from './chat-rules.ts'
import type { UsageForm } from './chat-usage.ts'
import { chatUsage } from './chat-usage.ts'
import { qwenErrorBody } from './errors.ts'

/** Tokens in one chunk: DashScope groups a few. */
const CHUNK_TOKENS_MAX = 4

type ToolCall = Extract<AnswerPart, { kind: 'tool-call' }>

export function qwenGeneration(request: ChatRequest): Generation {
  const isExplicit = isCachedExplicitly(request.prompt)
  const form = { isExplicit, thinks: request.prompt.thinking !== undefined }
  return {
    model: request.model,
    streamed: request.streamed,
    prompt: request.prompt,
    outputTokensMax: request.outputTokensMax,
    caching: isExplicit ? 'marked' : 'automatic',
    streamContentType: 'text/event-stream;charset=UTF-8',
    body: (answer) => completion(answer, form),
    frames: (answer) => chunks(answer, request.usageWanted && !answer.usageMissing, form),
    errorFrame: (problem, context) => event(qwenErrorBody(problem, context)),
  }
}

function envelope(answer: Answer, object: string): object {
  const created = Math.floor(answer.createdAtMs / 1000)
  return { object, created, system_fingerprint: null, model: answer.model, id: answer.id }
}

function finishReason({ finish }: Choice): string {
  return finish === 'tool-calls' ? 'tool_calls' : finish === 'content-filter' ? 'content_filter' : finish
}

function completion(answer: Answer, form: UsageForm): string {
  const choices = answer.choices.map((choice, index) => ({
    message: message(choice, form),
    finish_reason: finishReason(choice),
    index,
    logprobs: null,
  }))
  return JSON.stringify({
    choices,
    ...(answer.usageMissing ? {} : { usage: chatUsage(answer, form) }),
    ...envelope(answer, 'chat.completion'),
  })
}

function message({ parts }: Choice, { thinks }: UsageForm): object {
  const said = (kind: AnswerPart['kind']) =>
    parts
      .filter((part) => part.kind === kind)
      .map(partText)
      .join('')
  const calls = parts
    .filter((part) => part.kind === 'tool-call')
    .map((call, index) => ({ index, ...toolCall(call, call.argumentsJson) }))
  return {
    role: 'assistant',
    content: said('text'),
    ...(thinks ? { reasoning_content: said('thinking') } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function toolCall({ id, name }: ToolCall, argumentsJson: string): object {
  return { id: `call_${id.toLowerCase()}`, type: 'function', function: { name, arguments: argumentsJson } }
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

interface Delta {
  value: object
  outputTokens: number
  reasoningTokens?: number
}

function* chunks(answer: Answer, usageWanted: boolean, form: UsageForm): Generator<Frame> {
  const tail = envelope(answer, 'chat.completion.chunk')
  const chunk = (index: number, delta: object, finish: string | null) =>
    event({ choices: [{ delta, finish_reason: finish, index, logprobs: null }], usage: null, ...tail })
  // Choices come one after the other here.
  for (const [index, choice] of answer.choices.entries()) {
    let opening: object = { role: 'assistant' }
    for (const { value, ...generated } of deltas(choice, answer, form)) {
      yield { text: chunk(index, { ...value, ...opening }, null), ...generated }
      opening = {}
    }
    const last = choice.finish === 'tool-calls' ? {} : { content: '' }
    yield { text: chunk(index, { ...last, ...opening }, finishReason(choice)), outputTokens: 0, joinsNext: true }
  }
  if (usageWanted) {
    const usage = chatUsage(answer, form)
    yield { text: event({ choices: [], usage, ...tail }), outputTokens: 0, joinsNext: true }
  }
  yield { text: 'data: [DONE]\n\n', outputTokens: 0 }
}

function* deltas(choice: Choice, answer: Answer, { thinks }: UsageForm): Generator<Delta> {
  const callsOnly = choice.parts.every(({ kind }) => kind === 'tool-call')
  if (thinks) yield { value: { content: null, reasoning_content: '' }, outputTokens: 0 }
  else if (!callsOnly || choice.parts.length === 0) yield { value: { content: '' }, outputTokens: 0 }
  let callIndex = 0
  for (const part of choice.parts) {
    if (part.kind === 'tool-call') {
      yield { value: callPiece(callIndex, toolCall(part, '')), outputTokens: 0 }
    }
    for (const tokens of groups(part.tokens, answer)) {
      yield { value: piece(part.kind, tokens.join(''), callIndex, thinks), ...generated(part.kind, tokens.length) }
    }
    if (part.kind === 'tool-call') callIndex += 1
  }
}

function generated(kind: AnswerPart['kind'], outputTokens: number): Omit<Delta, 'value'> {
  return kind === 'thinking' ? { outputTokens, reasoningTokens: outputTokens } : { outputTokens }
}

function piece(kind: AnswerPart['kind'], text: string, callIndex: number, thinks: boolean): object {
  if (kind === 'thinking') return { content: null, reasoning_content: text }
  if (kind === 'text') return { content: text, ...(thinks ? { reasoning_content: null } : {}) }
  return callPiece(callIndex, { id: '', type: 'function', function: { arguments: text } })
}

function callPiece(index: number, call: object): object {
  return { content: null, tool_calls: [{ index, ...call }] }
}

function* groups(tokens: readonly string[], { random }: Answer): Generator<readonly string[]> {
  for (let start = 0; start < tokens.length;) {
    const group = tokens.slice(start, start + random.integer(1, CHUNK_TOKENS_MAX))
    yield group
    start += group.length
  }
}
