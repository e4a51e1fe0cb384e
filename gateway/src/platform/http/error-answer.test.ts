// Refusals are told to the caller, bugs only to the log.
import { AppError } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { answerError } from './error-answer.ts'

test('a refusal keeps its status, code, field and retry time', () => {
  const error = new AppError('too_many_requests', { retryAfterMs: 1200, field: 'token' })
  expect(answerError(error, 'r1')).toEqual({
    status: 429,
    body: { success: false, error: 'Too many requests from this address.', code: 'too_many_requests', field: 'token' },
    retryAfterSeconds: 2,
    isBug: false,
  })
})

test('a schema error is invalid_request and names the field, not the value', () => {
  const schema = z.object({ owner: z.object({ age: z.number() }) })
  const answer = answerError(schema.safeParse({ owner: { age: 'canary' } }).error, 'r1')
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'owner.age' }, isBug: false })
  expect(answer.body.error).toContain('owner.age')
  expect(JSON.stringify(answer)).not.toContain('canary')
})

test.each([
  new TypeError('canary'),
  new AppError('internal', { cause: new TypeError('canary') }),
  Object.assign(new TypeError('canary'), { statusCode: 503 }),
  'canary',
  undefined,
])('anything else is internal, with the request id and without its text (%#)', (thrown) => {
  const answer = answerError(thrown, 'request-7')
  expect(answer).toMatchObject({ status: 500, isBug: true, body: { code: 'internal', requestId: 'request-7' } })
  expect(JSON.stringify(answer)).not.toContain('canary')
})

test('an unreadable body is the caller’s fault', () => {
  const answer = answerError(Object.assign(new SyntaxError('canary'), { statusCode: 400 }), 'r')
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_json' }, isBug: false })
  expect(JSON.stringify(answer)).not.toContain('canary')
})
