// DashScope's Chat Completions answers in compatible mode: OpenAI's shape with the fields in another order, usage
// null in every chunk whether asked for or not, and an empty content in the finishing delta (Model Studio, "OpenAI
// compatible").
import type { ChatRequest } from '../../chat-completions.ts'
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { qwenErrorBody } from './errors.ts'

/** Tokens in one chunk: DashScope groups a few. */
const CHUNK_TOKENS_MAX = 4

export function qwenGeneration(request: ChatRequest): Generation {
  return {
    model: request.model,
    streamed: request.streamed,
    prompt: request.prompt,
    outputTokensMax: request.outputTokensMax,
    streamContentType: 'text/event-stream;charset=UTF-8',
    body: completion,
    frames: (answer) => chunks(answer, request.usageWanted && !answer.usageMissing),
    errorFrame: (problem, context) => event(qwenErrorBody(problem, context)),
  }
}

function usage({ usage: { input, cacheRead, output } }: Answer): object {
  const promptTokens = input + cacheRead
  return {
    prompt_tokens: promptTokens,
    completion_tokens: output,
    total_tokens: promptTokens + output,
    prompt_tokens_details: { cached_tokens: cacheRead },
  }
}

function envelope(answer: Answer, object: string): object {
  const created = Math.floor(answer.createdAtMs / 1000)
  return { object, created, system_fingerprint: null, model: answer.model, id: answer.id }
}

function completion(answer: Answer): string {
  const message = { role: 'assistant', content: answer.tokens.join('') }
  return JSON.stringify({
    choices: [{ message, finish_reason: answer.finish, index: 0, logprobs: null }],
    ...(answer.usageMissing ? {} : { usage: usage(answer) }),
    ...envelope(answer, 'chat.completion'),
  })
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function* chunks(answer: Answer, usageWanted: boolean): Generator<Frame> {
  const tail = envelope(answer, 'chat.completion.chunk')
  const chunk = (delta: object, finish: string | null) =>
    event({ choices: [{ delta, finish_reason: finish, index: 0, logprobs: null }], usage: null, ...tail })
  yield { text: chunk({ content: '', role: 'assistant' }, null), outputTokens: 0 }
  for (let start = 0; start < answer.tokens.length;) {
    const tokens = answer.tokens.slice(start, start + answer.random.integer(1, CHUNK_TOKENS_MAX))
    yield { text: chunk({ content: tokens.join('') }, null), outputTokens: tokens.length }
    start += tokens.length
  }
  yield { text: chunk({ content: '' }, answer.finish), outputTokens: 0, joinsNext: true }
  if (usageWanted) {
    yield { text: event({ choices: [], usage: usage(answer), ...tail }), outputTokens: 0, joinsNext: true }
  }
  yield { text: 'data: [DONE]\n\n', outputTokens: 0 }
}
