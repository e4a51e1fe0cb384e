// Every vendor's errors by their documented rows, and what each vendor is told and never told.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FailureKind } from '../protocols/failure.ts'
import { accountProtocols } from '../protocols/index.ts'
import { providers, serviceTypes } from './index.ts'

const nowMs = Date.UTC(2026, 10, 23, 12, 0, 0)
type Row = [status: number, error: unknown, kind: FailureKind, headers?: Record<string, string>, waitMs?: number]

function rows(serviceType: keyof typeof providers, table: Row[]): void {
  test.each(table)(`${serviceType} %i %j is %s`, (status, error, kind, headers = {}, waitMs?) => {
    const body = typeof error === 'string' ? error : JSON.stringify({ error })
    const failure = providers[serviceType].decodeFailure(status, headers, body, nowMs)
    expect(failure).toMatchObject({ kind, status })
    expect(failure.retryAfterMs).toBe(waitMs)
  })
}

describe('openai', () => {
  const error = (code: string | null, type = 'invalid_request_error') => ({ message: 'm', type, param: null, code })
  rows('openai', [
    [401, error('invalid_api_key'), 'unauthorized'],
    [403, error('unsupported_country_region_territory'), 'unauthorized'],
    [404, error('model_not_found'), 'model-not-found'],
    [400, error('model_not_found'), 'model-not-found'],
    [404, error(null), 'invalid-request'],
    [400, error('context_length_exceeded'), 'invalid-request'],
    [400, error('content_policy_violation'), 'invalid-request'],
    [413, '', 'invalid-request'],
    [429, error('rate_limit_exceeded', 'tokens'), 'rate-limited', { 'retry-after': '3' }, 3000],
    [
      429,
      error('rate_limit_exceeded', 'tokens'),
      'rate-limited',
      { 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-reset-requests': '8h' },
      360_000,
    ],
    [
      429,
      error('rate_limit_exceeded', ''),
      'rate-limited',
      { 'x-ratelimit-reset-tokens': '6m', 'x-ratelimit-reset-requests': '12ms', 'x-ratelimit-remaining-requests': '0' },
      12,
    ],
    [
      429,
      error('rate_limit_exceeded', ''),
      'rate-limited',
      { 'x-ratelimit-reset-tokens': '2s', 'x-ratelimit-reset-requests': '1s' },
      2000,
    ],
    [429, error('insufficient_quota', 'insufficient_quota'), 'quota-exhausted'],
    [500, error(null, 'server_error'), 'server-error'],
    [502, '<html><body>Bad gateway</body></html>', 'server-error'],
    [503, '', 'server-error'],
    [504, 'upstream', 'server-error'],
    [302, '', 'server-error'],
    [403, '<!DOCTYPE html><title>Just a moment</title>', 'server-error'],
    [401, '[]', 'unauthorized'],
    [400, { code: '__proto__', type: 'constructor' }, 'invalid-request'],
  ])
})

describe('claude', () => {
  const error = (type: string, code?: string) => ({
    type,
    message: 'm',
    ...(code && { details: { error_code: code } }),
  })
  const reset = '2026-11-23T12:00:45Z'
  rows('claude', [
    [400, error('invalid_request_error'), 'invalid-request'],
    [401, error('authentication_error'), 'unauthorized'],
    [402, error('billing_error'), 'quota-exhausted'],
    [403, error('permission_error'), 'unauthorized'],
    [404, error('not_found_error'), 'model-not-found'],
    [413, error('request_too_large'), 'invalid-request'],
    [429, error('rate_limit_error'), 'rate-limited', { 'retry-after': '12' }, 12_000],
    [
      429,
      error('rate_limit_error'),
      'rate-limited',
      {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': reset,
        'anthropic-ratelimit-requests-remaining': '9',
        'anthropic-ratelimit-requests-reset': '2026-11-24T12:00:00Z',
      },
      45_000,
    ],
    [429, error('rate_limit_error', 'enforced_spend_limit_reached'), 'quota-exhausted'],
    [429, error('rate_limit_error', 'contract_spend_limit_reached'), 'quota-exhausted'],
    [429, error('rate_limit_error', 'ramp_limit_exceeded'), 'rate-limited'],
    [403, error('permission_error', 'organization_on_hold'), 'unauthorized'],
    [400, error('invalid_request_error', 'claude_code_version_too_old'), 'invalid-request'],
    [500, error('api_error'), 'server-error'],
    [501, error('api_error'), 'server-error'],
    [504, error('timeout_error'), 'server-error'],
    [529, error('overloaded_error'), 'overloaded'],
    [529, '', 'overloaded'],
  ])
})

describe('gemini', () => {
  const google = 'type.googleapis.com/google.rpc.'
  const error = (status: string, ...details: object[]) => ({ code: 1, message: 'm', status, details })
  const retry = { '@type': `${google}RetryInfo`, retryDelay: '34.4s' }
  const violation = (quotaId: string, quotaValue = '50') => ({
    '@type': `${google}QuotaFailure`,
    violations: [{ quotaId, quotaValue }],
  })
  rows('gemini', [
    [400, error('INVALID_ARGUMENT', { '@type': `${google}ErrorInfo`, reason: 'API_KEY_INVALID' }), 'unauthorized'],
    [400, error('INVALID_ARGUMENT'), 'invalid-request'],
    [400, error('FAILED_PRECONDITION'), 'unauthorized'],
    [401, error('UNAUTHENTICATED'), 'unauthorized'],
    [403, error('PERMISSION_DENIED'), 'unauthorized'],
    [404, error('NOT_FOUND'), 'model-not-found'],
    [
      429,
      error('RESOURCE_EXHAUSTED', retry, violation('GenerateRequestsPerMinutePerProject')),
      'rate-limited',
      {},
      34_400,
    ],
    [
      429,
      error('RESOURCE_EXHAUSTED', retry, violation('GenerateRequestsPerDayPerProject')),
      'rate-limited',
      {},
      3_600_000,
    ],
    [429, error('RESOURCE_EXHAUSTED', violation('GenerateRequestsPerMinutePerProject', '0')), 'quota-exhausted'],
    [429, JSON.stringify([{ error: error('RESOURCE_EXHAUSTED', retry) }]), 'rate-limited', {}, 34_400],
    [500, error('INTERNAL'), 'server-error'],
    [503, error('UNAVAILABLE'), 'server-error'],
    [504, error('DEADLINE_EXCEEDED'), 'server-error'],
  ])
})

describe('qwen', () => {
  const error = (code: string) => ({ message: 'm', type: code, param: null, code })
  rows('qwen', [
    [401, error('invalid_api_key'), 'unauthorized'],
    [400, error('Arrearage'), 'quota-exhausted'],
    [403, error('Arrearage'), 'quota-exhausted'],
    [403, error('access_denied'), 'unauthorized'],
    [403, error('AllocationQuota.FreeTierOnly'), 'quota-exhausted'],
    [404, error('model_not_found'), 'model-not-found'],
    [429, error('Throttling.RateQuota'), 'rate-limited'],
    [429, error('Throttling.AllocationQuota'), 'rate-limited'],
    [429, error('limit_requests'), 'rate-limited', { 'retry-after': '2' }, 2000],
    [429, error('insufficient_quota'), 'rate-limited'],
    [400, error('data_inspection_failed'), 'invalid-request'],
    [400, JSON.stringify({ code: 'DataInspectionFailed', message: 'm', request_id: 'r' }), 'invalid-request'],
    [500, error('InternalError'), 'server-error'],
  ])
})

describe('every vendor', () => {
  test.each(serviceTypes)(
    '%s speaks known wires, below an https origin, and is sent no credential of a client',
    (type) => {
      const provider = providers[type]
      expect(provider.serviceType).toBe(type)
      expect(new URL(provider.defaultEndpoint).origin).toBe(provider.defaultEndpoint)
      expect(provider.wires.map(({ protocol }) => accountProtocols[protocol].id)).toEqual(
        provider.wires.map(({ protocol }) => protocol),
      )
      expect(provider.credentialHeaders('the-key').join(' ')).toContain('the-key')
      expect(provider.withheldHeaders.filter((name) => name !== name.toLowerCase())).toEqual([])
      expect(provider.withheldHeaders.length).toBeGreaterThan(0)
    },
  )

  test('a key that the vendor repeats is masked, and long messages are cut', () => {
    for (const key of ['sk-proj-Ab12Cd34Ef', 'sk-ant-api03-xYz_123456', 'AIzaSyA1234567890', '0a1b'.repeat(9)]) {
      const body = JSON.stringify({ error: { message: `Incorrect API key\nprovided: ${key}. ${'long '.repeat(500)}` } })
      const { message } = providers.openai.decodeFailure(401, {}, body, nowMs)
      expect(message).toContain('Incorrect API key provided: [masked]')
      expect(message.length).toBeLessThanOrEqual(500)
    }
    const named = JSON.stringify({ error: { message: 'model: claude-sonnet-4-5-20250929 is gone' } })
    expect(providers.claude.decodeFailure(404, {}, named, nowMs).message).toBe(
      'model: claude-sonnet-4-5-20250929 is gone',
    )
  })

  test('no body and no header makes decoding throw or wait beyond its bounds', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((error) => JSON.stringify({ error })),
    )
    const header = fc.oneof(fc.string(), fc.constantFrom('-1', '1e9', 'NaN', '99999999999999999999'))
    fc.assert(
      fc.property(
        fc.constantFrom(...serviceTypes),
        fc.integer({ min: 300, max: 599 }),
        body,
        header,
        (type, status, text, value) => {
          const headers = { 'retry-after': value, 'x-ratelimit-reset-tokens': value }
          const { retryAfterMs = 0, message } = providers[type].decodeFailure(status, headers, text, nowMs)
          expect(retryAfterMs).toBeGreaterThanOrEqual(0)
          expect(retryAfterMs).toBeLessThanOrEqual(86_400_000)
          expect(message).not.toBe('')
        },
      ),
      { numRuns: 2000 },
    )
  })
})
