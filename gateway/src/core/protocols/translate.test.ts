// What lies between two wires: the request is fitted before it is encoded, and an answer's events are noted on their way. Neither
// needs a real wire: the ones here write down what they are given.
import { AppError } from '@aicarpool/contract'
import { describe, expect, test } from 'vitest'
import { plainRequest, type ChatEvent, type ChatRequest } from './chat.ts'
import { features, type FeatureId, type Support } from './features.ts'
import { traitsOfUnknown } from './model-traits.ts'
import type { AccountTranslation, AnswerEncoder, Closing, WireOptions } from './protocol.ts'
import { createTranslation, encodeFitted, translateAnswer } from './translate.ts'
import { noUsage } from './usage.ts'

const ids = Object.keys(features) as FeatureId[]
const keepsAll = Object.fromEntries(ids.map((id) => [id, 'kept'])) as Support
const closing: Closing = { usage: noUsage, costNanoUsd: 0, account: { id: 'a', name: 'A', serviceType: 's' } }
const failure = { kind: 'overloaded' as const, status: undefined, code: 'x', message: 'm', retryAfterMs: undefined }

/** Writes the types of the events that it is given. */
function createScribe(): AnswerEncoder {
  return {
    push: (events) => Buffer.from(events.map(({ type }) => `${type};`).join('')),
    close: () => Buffer.from('closed'),
    closeWithError: (error) => Buffer.from(`error ${error.code}`),
  }
}

/** Each chunk is a list of events. */
const decoder = (atEnd: ChatEvent[] = []) => ({
  push: (chunk: Buffer) => JSON.parse(chunk.toString('utf8')) as ChatEvent[],
  end: () => atEnd,
})
const chunk = (...events: ChatEvent[]) => Buffer.from(JSON.stringify(events))

describe('a request', () => {
  const request: ChatRequest = { ...plainRequest, model: 'm', messages: [], stream: false, topK: 1, seed: 2 }
  const encode = (support: Partial<Support>, options: WireOptions = {}) => {
    const translation: AccountTranslation = {
      support: { ...keepsAll, ...support },
      toolNames: /^[a-z]{1,8}$/,
      encodeRequest: (fitted) => ({ body: Buffer.from(JSON.stringify(fitted)), dropped: ['by the encoder'] }),
      createStreamDecoder: decoder,
      decodeResponse: () => [],
    }
    const { body, dropped } = encodeFitted(request, translation, { traits: traitsOfUnknown, options })
    return { fitted: JSON.parse(body.toString('utf8')) as ChatRequest, dropped }
  }

  test('what the wire cannot carry is out before the encoder sees it, and all that is left out is named', () => {
    expect(encode({ top_k: 'dropped' })).toMatchObject({ fitted: { seed: 2 }, dropped: ['top_k', 'by the encoder'] })
    expect(encode({ top_k: 'dropped' }).fitted).not.toHaveProperty('topK')
  })

  test('a vendor may carry more or less than its wire', () => {
    const options = { support: { top_k: 'kept', seed: 'dropped' } } as const
    expect(encode({ top_k: 'dropped' }, options)).toMatchObject({
      fitted: { topK: 1 },
      dropped: ['seed', 'by the encoder'],
    })
    expect(() => encode({ seed: 'refused' })).toThrow(
      expect.objectContaining({ code: 'not_translatable', field: 'seed' }),
    )
  })
})

describe('a stream', () => {
  const text: ChatEvent = { type: 'text-delta', text: 'ä' }
  const start: ChatEvent = { type: 'message-start', id: 'i', model: 'm' }
  const end: ChatEvent = { type: 'message-end', reason: 'stop' }
  const usage = (outputTokens: number, isFinal: boolean): ChatEvent => {
    return { type: 'usage', usage: { ...noUsage, outputTokens }, raw: { outputTokens }, isFinal }
  }

  test('content commits, its bytes are counted, the latest usage counts', () => {
    const translation = createTranslation(decoder(), createScribe())
    expect(translation.push(chunk(start))?.toString('utf8')).toBe('message-start;')
    expect(translation).toMatchObject({ committed: false, outputBytes: 0 })
    translation.push(chunk({ type: 'reasoning-delta', text: 'hm' }))
    expect(translation).toMatchObject({ committed: true, finished: false, outputBytes: 2 })
    translation.push(chunk(text, { type: 'tool-call-start', id: 'x', name: 'f' }, usage(1, false)))
    translation.push(chunk({ type: 'tool-call-delta', argumentsJson: '{}' }, { type: 'tool-call-end' }))
    expect(translation).toMatchObject({ outputBytes: 7, usage: { outputTokens: 1 }, usageFinal: false })
    translation.push(chunk(usage(9, true), end))
    expect(translation).toMatchObject({ finished: true, usage: { outputTokens: 9 }, rawUsage: { outputTokens: 9 } })
    expect(translation.push(chunk(text))).toBeUndefined()
    expect(translation.close(closing)?.toString('utf8')).toBe('closed')
  })

  test('nothing follows a failure, and nothing closes the answer as if it were whole', () => {
    const translation = createTranslation(decoder([end]), createScribe())
    expect(translation.push(chunk(text, { type: 'failure', failure }))?.toString('utf8')).toBe('text-delta;failure;')
    expect(translation.failure).toEqual(failure)
    expect(translation.push(chunk(text))).toBeUndefined()
    expect(translation.end()).toBeUndefined()
    expect(translation).toMatchObject({ finished: false })
    expect(translation.close(closing)).toBeUndefined()
  })

  test('what the decoder held back comes at the end; an error of ours is told by the encoder', () => {
    const translation = createTranslation(decoder([text]), createScribe())
    expect(translation.push(chunk())).toBeUndefined()
    expect(translation.end()?.toString('utf8')).toBe('text-delta;')
    expect(translation.closeWithError?.(new AppError('upstream_cut')).toString('utf8')).toBe('error upstream_cut')
  })
})

describe('a plain answer', () => {
  test('is whole with its end, failed with a failure, and none without either', () => {
    const whole = translateAnswer([{ type: 'message-end', reason: 'stop' }], createScribe())
    expect(whole?.close(closing).toString('utf8')).toBe('message-end;closed')
    expect(translateAnswer([{ type: 'failure', failure }], createScribe())?.failure).toEqual(failure)
    expect(translateAnswer([{ type: 'text-delta', text: 'a' }], createScribe())).toBeUndefined()
  })
})
