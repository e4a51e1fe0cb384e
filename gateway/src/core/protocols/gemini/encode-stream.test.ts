// Answers for generateContent clients: streamed as events and as an array, and whole.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runDecoder, splitEvery, translationOf } from '../__fixtures__/feed.ts'
import { plainRequest, type ChatEvent, type ChatRequest } from '../chat.ts'
import type { AnswerEncoder, Closing } from '../protocol.ts'
import { noUsage } from '../usage.ts'
import { geminiAccount, geminiClient } from './index.ts'

const account = translationOf(geminiAccount)
const usage = {
  ...noUsage,
  inputTokens: 100,
  cacheReadTokens: 30,
  imageInputTokens: 20,
  outputTokens: 50,
  reasoningTokens: 12,
}
const closing: Closing = {
  usage,
  costNanoUsd: 0,
  account: { id: 'a', name: 'A', serviceType: 'x' },
}
const shown = { effort: undefined, budgetTokens: undefined, isShown: true }

function encoderOf(request: Partial<ChatRequest> = {}, isArrayStream = false): AnswerEncoder {
  const full = { ...plainRequest, model: 'asked', messages: [], stream: true, reasoning: shown, ...request }
  const target = { model: 'asked', stream: full.stream, isArrayStream }
  return geminiClient.translation!.createAnswerEncoder(full, { requestId: 'r1', createdAtMs: 0, target })
}

function render(encoder: AnswerEncoder, ...groups: ChatEvent[][]): string {
  const pieces = groups.map((group) => encoder.push(group)).filter((piece) => piece !== undefined)
  return Buffer.concat([...pieces, encoder.close(closing)]).toString('utf8')
}

const answer: ChatEvent[] = [
  { type: 'message-start', id: 'x', model: 'real' },
  { type: 'reasoning-delta', text: 'hm' },
  { type: 'text-delta', text: 'a"' },
  { type: 'text-delta', text: '世' },
  { type: 'tool-call-start', id: 'c1', name: 'f' },
  { type: 'tool-call-delta', argumentsJson: '{"a":' },
  { type: 'tool-call-delta', argumentsJson: '1}' },
  { type: 'tool-call-end' },
  { type: 'tool-call-start', id: 'c2', name: 'g' },
  { type: 'tool-call-delta', argumentsJson: '{}' },
  { type: 'tool-call-end' },
  { type: 'message-end', reason: 'tool-calls' },
]
const signature = 'skip_thought_signature_validator'
const parts = [
  { text: 'hm', thought: true },
  { text: 'a"' },
  { text: '世' },
  { functionCall: { id: 'c1', name: 'f', args: { a: 1 } }, thoughtSignature: signature },
  { functionCall: { id: 'c2', name: 'g', args: {} } },
  { text: '' },
]
const usageMetadata = {
  promptTokenCount: 130,
  candidatesTokenCount: 38,
  totalTokenCount: 180,
  cachedContentTokenCount: 30,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 110 },
    { modality: 'IMAGE', tokenCount: 20 },
  ],
  thoughtsTokenCount: 12,
}
const chunks = parts.map((part, index) => {
  const isLast = index === parts.length - 1
  return {
    candidates: [{ content: { parts: [part], role: 'model' }, ...(isLast ? { finishReason: 'STOP' } : {}), index: 0 }],
    ...(isLast ? { usageMetadata } : {}),
    modelVersion: 'real',
    responseId: 'r1',
  }
})

describe('streams', () => {
  test('of events: calls are whole, the first is signed, and the last chunk tells what was used', () => {
    const text = render(encoderOf(), answer)
    expect(
      text
        .split('\r\n\r\n')
        .slice(0, -1)
        .map((event) => JSON.parse(event.slice('data: '.length)) as object),
    ).toEqual(chunks)
  })

  test('of one array', () => {
    expect(JSON.parse(render(encoderOf({}, true), answer))).toEqual(chunks)
    expect(JSON.parse(render(encoderOf({}, true)))).toHaveLength(1)
  })

  test('any grouping gives the same bytes', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.integer({ min: 0, max: answer.length })), (isArrayStream, cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), answer.length]
        const groups = edges.slice(1).map((end, index) => answer.slice(edges[index], end))
        expect(render(encoderOf({}, isArrayStream), ...groups)).toBe(render(encoderOf({}, isArrayStream), answer))
      }),
    )
  })

  test('what is written is read back', () => {
    const bytes = Buffer.from(render(encoderOf(), answer))
    const read = runDecoder(account.createStreamDecoder(), splitEvery(bytes, 7))
    const told = read.filter(({ type }) => type !== 'usage')
    expect(told.filter(({ type }) => type !== 'tool-call-delta').slice(1)).toEqual(
      answer.filter(({ type }) => type !== 'tool-call-delta').slice(1),
    )
    expect(read.at(-2)).toMatchObject({
      type: 'usage',
      isFinal: true,
      usage: { outputTokens: 50, cacheReadTokens: 30 },
    })
  })

  test('thoughts go to those who asked for them', () => {
    expect(render(encoderOf({ reasoning: { ...shown, isShown: false } }), answer)).not.toContain('hm')
    expect(render(encoderOf({ reasoning: undefined }), answer)).not.toContain('hm')
  })

  test('an error ends them, and nothing follows', () => {
    const failure = { kind: 'server-error', status: 500, code: 'x', message: 'm', retryAfterMs: undefined } as const
    const failed = (isArrayStream: boolean) =>
      render(encoderOf({}, isArrayStream), answer.slice(0, 3), [{ type: 'failure', failure }, ...answer])
    expect(failed(false)).toMatch(/data: \{"error":\{"code":502,[^\n]*\}\r\n\r\n$/)
    expect((JSON.parse(failed(true)) as object[]).at(-1)).toMatchObject({ error: { code: 502 } })
    const encoder = encoderOf({}, true)
    const begun = encoder.push(answer.slice(0, 3))?.toString('utf8')
    const end = encoder.closeWithError(new AppError('upstream_cut')).toString('utf8')
    expect((JSON.parse(`${begun}${end}`) as object[]).at(-1)).toMatchObject({ error: { status: 'UNAVAILABLE' } })
  })
})

describe('ends', () => {
  const endOf = (...events: ChatEvent[]) => {
    const { candidates } = JSON.parse(render(encoderOf({ stream: false }), events)) as { candidates: object[] }
    return candidates[0]
  }

  test.each([
    ['stop', 'STOP'],
    ['stop-sequence', 'STOP'],
    ['tool-calls', 'STOP'],
    ['length', 'MAX_TOKENS'],
    ['content-filter', 'SAFETY'],
    ['refusal', 'SAFETY'],
    ['other', 'OTHER'],
  ] as const)('%s is %s', (reason, finishReason) => {
    expect(endOf({ type: 'message-end', reason })).toMatchObject({ finishReason })
  })

  test('a call whose arguments are none is not shown', () => {
    const call: ChatEvent[] = [
      { type: 'tool-call-start', id: 'c', name: 'f' },
      { type: 'tool-call-delta', argumentsJson: '{"a":' },
      { type: 'tool-call-end' },
    ]
    expect(endOf(...call, { type: 'message-end', reason: 'tool-calls' })).toMatchObject({
      content: { parts: [{ text: '' }] },
      finishReason: 'MALFORMED_FUNCTION_CALL',
    })
    expect(endOf(...call, { type: 'message-end', reason: 'length' })).toMatchObject({ finishReason: 'MAX_TOKENS' })
  })
})

test('a whole answer has one part for each text', () => {
  expect(JSON.parse(render(encoderOf({ stream: false }), answer))).toEqual({
    candidates: [
      {
        content: { parts: [parts[0], { text: 'a"世' }, parts[3], parts[4]], role: 'model' },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata,
    modelVersion: 'real',
    responseId: 'r1',
  })
  const encoder = encoderOf({ stream: false })
  expect(encoder.push(answer)).toBeUndefined()
  expect(JSON.parse(encoder.closeWithError(new AppError('internal')).toString('utf8'))).toHaveProperty(
    'error.code',
    500,
  )
})
