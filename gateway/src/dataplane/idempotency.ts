// `Idempotency-Key`: a request that is sent twice under one key is served once. The key belongs to the API key that it came with;
// what is remembered of key and body are their hashes.
import { hash } from 'node:crypto'
import { AppError, printDecimal } from '@aicarpool/contract'
import type { IdempotencyKeys, Original, OriginalOutcome } from '../core/idempotency/idempotency-keys.ts'
import type { Clock } from '../platform/clock.ts'
import type { DecodedCall, RequestHashes } from './call.ts'

export interface IdempotencyPorts {
  keys: IdempotencyKeys
  clock: Clock
  /** Asks the database; only where the memory has forgotten keys. */
  findOriginal: (keyHash: string) => Promise<Original | undefined>
}

export const idempotencyHeader = 'idempotency-key'
const keyPattern = /^[\x21-\x7e]{1,255}$/
/** Answers take seconds to minutes. */
const runningRetryMs = 2000

/** Takes the request's key. Throws AppError when it was used before, or is none. */
export async function takeKey(call: DecodedCall, ports: IdempotencyPorts): Promise<RequestHashes> {
  const sent = call.request.headers[idempotencyHeader]
  if (typeof sent !== 'string' || !keyPattern.test(sent)) {
    const detail = `"${idempotencyHeader}" must be 1 to 255 visible ASCII characters.`
    throw new AppError('invalid_request', { detail, field: idempotencyHeader })
  }
  const { keys, clock } = ports
  const hashes = { key: hash('sha256', `${call.key.id}\n${sent}`, 'base64url'), body: bodyHash(call) }
  const nowMs = clock.now()
  let original = keys.find(hashes.key, nowMs)
  if (!original && keys.hasForgotten) {
    const kept = await ports.findOriginal(hashes.key)
    original = keys.find(hashes.key, nowMs) ?? kept
  }
  if (original) throw refusalOf(original, hashes)
  keys.take(hashes.key, call.id, hashes.body, nowMs)
  return hashes
}

function bodyHash({ request, body }: DecodedCall): string {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  const path = at === -1 ? url : url.slice(0, at)
  return hash('sha256', Buffer.concat([Buffer.from(`${path}\n`), body]), 'base64url')
}

const outcomeWords: Record<OriginalOutcome, string> = {
  success: 'was answered',
  cut: 'was answered in part',
  recovered: 'was cut by a restart of the gateway',
}

function refusalOf({ requestId, bodyHash: first, ended }: Original, hashes: RequestHashes): AppError {
  const headers = { 'x-aicarpool-original-request-id': requestId }
  if (first !== hashes.body) {
    return new AppError('idempotency_mismatch', {
      detail: `It was request ${requestId}.`,
      field: idempotencyHeader,
      headers,
    })
  }
  if (!ended) {
    const detail = `It is request ${requestId}.`
    return new AppError('idempotency_in_progress', { detail, headers, retryAfterMs: runningRetryMs })
  }
  const cost = printDecimal(ended.costNanoUsd, 9)
  const detail = `Request ${requestId} ${outcomeWords[ended.outcome]}; it used ${ended.tokens} tokens and cost ${cost} USD.`
  return new AppError('idempotency_completed', {
    detail,
    headers: {
      ...headers,
      'x-aicarpool-original-status': ended.outcome,
      'x-aicarpool-original-tokens': String(ended.tokens),
      'x-aicarpool-original-usd': cost,
    },
  })
}
