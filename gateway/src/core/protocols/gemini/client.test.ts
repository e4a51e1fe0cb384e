// generateContent as the client's side: addresses, the facts of a request, refusals, the list of models and counted tokens.
import { AppError } from '@aicarpool/contract'
import { describe, expect, test } from 'vitest'
import { geminiArrayClient, geminiClient } from './index.ts'

const { inspectRequest, renderError, renderStreamError, modelList, tokenCounting } = geminiClient
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]

describe('addresses', () => {
  const plain = (model: string) => ({ model, stream: false })

  test.each([
    ['/v1beta/models/gemini-2.5-pro:generateContent', '', plain('gemini-2.5-pro')],
    ['/v1/models/gemini-2.5-pro:generateContent', 'key=k', plain('gemini-2.5-pro')],
    ['/v1beta/gemini-2.5-pro:generateContent', '', plain('gemini-2.5-pro')],
    ['/v1beta/models%2Fgemini-2.5-pro%3AgenerateContent', '', plain('gemini-2.5-pro')],
    ['/v1beta/models/ft:gpt-4o:acme::x%2Fy:generateContent', '', plain('ft:gpt-4o:acme::x/y')],
    ['/v1beta/models/m:streamGenerateContent', 'alt=sse', { model: 'm', stream: true, isArrayStream: false }],
    ['/v1beta/models/m:streamGenerateContent', '%24alt=sse', { model: 'm', stream: true, isArrayStream: false }],
    ['/v1beta/models/m:streamGenerateContent', '', { model: 'm', stream: true, isArrayStream: true }],
    ['/v1beta/models/m:streamGenerateContent', 'alt=json', { model: 'm', stream: true, isArrayStream: true }],
    ['/v1beta/models/m:countTokens', '', undefined],
    ['/v1beta/models/m', '', undefined],
    ['/v1beta/models/%zz:generateContent', '', undefined],
    ['/v2/models/m:generateContent', '', undefined],
    ['/v1/messages', '', undefined],
  ])('%s?%s', (path, query, target) => {
    const isArray = target !== undefined && 'isArrayStream' in target && target.isArrayStream
    expect(geminiClient.matchAddress?.(path, query)).toEqual(isArray ? undefined : target)
    expect(geminiArrayClient.matchAddress?.(path, query)).toEqual(isArray ? target : undefined)
  })
})

describe('the facts', () => {
  const inspect = (fields: object, target = { model: 'm', stream: false }) =>
    inspectRequest({ contents, ...fields }, target)

  test('maxima are read in every spelling that the vendor takes, and the larger of two counts', () => {
    expect(inspect({})).toEqual({ model: 'm', stream: false, maxOutputTokens: undefined, choices: 1 })
    expect(inspect({ generationConfig: { maxOutputTokens: 5, candidateCount: 2 } })).toMatchObject({
      maxOutputTokens: 5,
      choices: 2,
    })
    expect(inspect({ generation_config: { max_output_tokens: '7' } }).maxOutputTokens).toBe(7)
    const both = { generation_config: { max_output_tokens: 7 }, generationConfig: { maxOutputTokens: 5 } }
    expect(inspect(both).maxOutputTokens).toBe(7)
    expect(inspect({ generationConfig: { maxOutputTokens: null } }).maxOutputTokens).toBeUndefined()
    expect(inspect({ generationConfig: null }, { model: 'm', stream: true }).stream).toBe(true)
    expect(inspectRequest({ contents: { parts: [] } }, { model: 'm' }).stream).toBe(false)
  })

  test.each([
    ['contents', { contents: [] }],
    ['contents', { contents: 'hi' }],
    ['generationConfig', { generationConfig: [] }],
    ['maxOutputTokens', { generationConfig: { maxOutputTokens: 0 } }],
    ['maxOutputTokens', { generationConfig: { maxOutputTokens: '5x' } }],
    ['candidateCount', { generationConfig: { candidateCount: 9 } }],
  ])('a wrong %s is refused by name', (field, fields) => {
    expect(() => inspect(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
  })

  test('a model that nobody can serve is refused', () => {
    const tuned = { model: 'tunedModels/mine', stream: false }
    expect(() => inspect({}, tuned)).toThrow(expect.objectContaining({ code: 'model_not_supported' }))
    expect(() => inspectRequest({ contents }, {})).toThrow(expect.objectContaining({ field: 'model' }))
  })
})

describe('refusals', () => {
  const read = (error: AppError) => JSON.parse(renderError(error, 'r1').toString('utf8')) as { error: object }

  test('are a google.rpc.Status with its standard details', () => {
    const error = new AppError('invalid_request', { detail: '"contents" must be an array.', field: 'contents' })
    expect(read(error)).toEqual({
      error: {
        code: 400,
        message: error.message,
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'INVALID_REQUEST',
            domain: 'aicarpool',
            metadata: { requestId: 'r1' },
          },
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: 'contents', description: error.message }],
          },
        ],
      },
    })
  })

  test('a rate limit says when to come back, a used-up quota is final', () => {
    const limited = read(new AppError('accounts_rate_limited', { retryAfterMs: 1500 }))
    const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }
    expect(limited.error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' })
    expect(limited).toHaveProperty('error.details', expect.arrayContaining([retryInfo]))
    expect(JSON.stringify(read(new AppError('accounts_rate_limited')))).toContain('"retryDelay":"1s"')
    const spent = JSON.stringify(read(new AppError('quota_exceeded')))
    expect(spent).toContain('PerDay')
    expect(spent).not.toContain('RetryInfo')
  })

  test.each([
    ['invalid_key', 401, 'UNAUTHENTICATED'],
    ['model_not_allowed', 403, 'PERMISSION_DENIED'],
    ['model_not_supported', 404, 'NOT_FOUND'],
    ['body_too_large', 413, 'INVALID_ARGUMENT'],
    ['internal', 500, 'INTERNAL'],
    ['overloaded', 503, 'UNAVAILABLE'],
    ['upstream_timeout', 504, 'DEADLINE_EXCEEDED'],
  ] as const)('%s', (code, status, name) => {
    expect(read(new AppError(code)).error).toMatchObject({ code: status, status: name })
  })

  test('for a client that reads an array they are one, and its last element once it has begun', () => {
    const error = new AppError('invalid_key')
    const [alone] = JSON.parse(geminiArrayClient.renderError(error, 'r1').toString('utf8')) as unknown[]
    expect(alone).toEqual(read(error))
    const last = geminiArrayClient.renderStreamError(error, 'r1').toString('utf8')
    expect(JSON.parse(`[{}${last}`)).toEqual([{}, alone])
  })

  test('inside a stream they are an event', () => {
    const text = renderStreamError(new AppError('upstream_cut'), 'r1').toString('utf8')
    expect(text).toMatch(/^data: \{"error":\{"code":502,.*\}\r\n\r\n$/)
  })
})

test('models are listed by their resource names', () => {
  const model = { name: 'gemini-2.5-pro', contextTokens: 100, outputTokensMax: undefined, protocols: ['gemini'] }
  const listed = JSON.parse(modelList?.render([model]).toString('utf8') ?? '') as object
  const one = {
    name: 'models/gemini-2.5-pro',
    baseModelId: 'gemini-2.5-pro',
    version: '001',
    displayName: 'gemini-2.5-pro',
    inputTokenLimit: 100,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }
  expect(listed).toEqual({ models: [one] })
  expect(JSON.parse(modelList?.renderOne(model).toString('utf8') ?? '')).toEqual(one)
  const embedder = { ...model, protocols: modelList?.covers ?? [] }
  expect(modelList?.renderOne(embedder).toString('utf8')).toContain('["embedContent","batchEmbedContents"]')
})

test('tokens are counted of contents alone and of a whole request', () => {
  const count = tokenCounting
  expect(count?.matchAddress?.('/v1beta/models/m:countTokens')).toEqual({ model: 'm' })
  expect(count?.matchAddress?.('/v1beta/models/m:generateContent')).toBeUndefined()
  expect(count?.path('m')).toBe('/v1beta/models/m:countTokens')
  expect(count?.inspectRequest({ contents }, { model: 'm' })).toEqual({ model: 'm' })
  expect(count?.inspectRequest({ generate_content_request: { contents } }, { model: 'm' })).toEqual({ model: 'm' })
  expect(() => count?.inspectRequest({}, { model: 'm' })).toThrow(expect.objectContaining({ field: 'contents' }))
  expect(count?.readAnswer(Buffer.from('{"totalTokens":31}'))).toBe(31)
  expect(count?.readAnswer(Buffer.from('{"error":{}}'))).toBeUndefined()
  expect(count?.renderAnswer(3).toString('utf8')).toBe('{"totalTokens":3}')
})
