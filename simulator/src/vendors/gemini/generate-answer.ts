// Gemini's answers: generateContent whole, streamGenerateContent as server-sent events (with CRLF) or as a JSON array.
// Every chunk carries usageMetadata so far, and the last one replaces the others (Gemini API reference).
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { geminiErrorBody } from './errors.ts'
import type { GenerateRequest } from './generate-request.ts'

/** Tokens in one chunk: Gemini sends few and large ones. */
const CHUNK_TOKENS_MIN = 8
const CHUNK_TOKENS_MAX = 40

export type GeminiStreaming = 'none' | 'events' | 'array'

export function geminiGeneration(model: string, request: GenerateRequest, streaming: GeminiStreaming): Generation {
  return {
    model,
    streamed: streaming !== 'none',
    prompt: request.prompt,
    outputTokensMax: request.outputTokensMax,
    streamContentType: streaming === 'events' ? 'text/event-stream' : 'application/json; charset=UTF-8',
    body: (answer) => `${JSON.stringify(chunk(answer, answer.tokens, answer.usage.output, true), null, 2)}\n`,
    frames: streaming === 'events' ? eventFrames : arrayFrames,
    errorFrame(problem, _context, eventsBefore) {
      if (streaming === 'events') return event(geminiErrorBody(problem))
      return `${eventsBefore === 0 ? '[' : ',\r\n'}${JSON.stringify(geminiErrorBody(problem), null, 2)}]`
    },
  }
}

function chunk(answer: Answer, tokens: readonly string[], outputTokens: number, isLast: boolean): object {
  const finish = isLast ? { finishReason: answer.finish === 'length' ? 'MAX_TOKENS' : 'STOP' } : {}
  return {
    candidates: [{ content: { parts: [{ text: tokens.join('') }], role: 'model' }, ...finish, index: 0 }],
    ...(answer.usageMissing ? {} : { usageMetadata: usage(answer, outputTokens) }),
    modelVersion: answer.model,
    responseId: answer.id,
  }
}

function usage({ usage: { input, cacheRead } }: Answer, outputTokens: number): object {
  const promptTokens = input + cacheRead
  const cached = {
    cachedContentTokenCount: cacheRead,
    cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cacheRead }],
  }
  return {
    promptTokenCount: promptTokens,
    candidatesTokenCount: outputTokens,
    totalTokenCount: promptTokens + outputTokens,
    ...(cacheRead === 0 ? {} : cached),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
  }
}

function* chunks(answer: Answer): Generator<{ value: object; outputTokens: number; isLast: boolean }> {
  let sent = 0
  do {
    const tokens = answer.tokens.slice(sent, sent + answer.random.integer(CHUNK_TOKENS_MIN, CHUNK_TOKENS_MAX))
    sent += tokens.length
    const isLast = sent === answer.tokens.length
    yield { value: chunk(answer, tokens, sent, isLast), outputTokens: tokens.length, isLast }
  } while (sent < answer.tokens.length)
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`
}

function* eventFrames(answer: Answer): Generator<Frame> {
  for (const { value, outputTokens } of chunks(answer)) yield { text: event(value), outputTokens }
}

function* arrayFrames(answer: Answer): Generator<Frame> {
  let before = '['
  for (const { value, outputTokens, isLast } of chunks(answer)) {
    yield { text: `${before}${JSON.stringify(value, null, 2)}${isLast ? '\n]' : '\n'}`, outputTokens }
    before = ',\r\n'
  }
}
