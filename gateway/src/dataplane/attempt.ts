// One try of a request against one account: INTENT into the journal, then the bytes to the provider. Returns what the relay
// made of the answer; never throws for anything that the outside world does.
import type { IntentEntry } from '../core/journal/entry.ts'
import { providers } from '../core/providers/index.ts'
import type { AccountView, ModelView } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import type { Timers } from '../platform/timers.ts'
import type { Upstream } from '../platform/upstream/pools.ts'
import type { Answer } from './answer.ts'
import type { DecodedCall } from './call.ts'
import type { Credentials } from './credentials.ts'
import type { Journal } from './journal.ts'
import { Relay } from './relay.ts'

export interface AttemptPorts {
  journal: Journal
  upstream: Upstream
  credentials: Credentials
  clock: Clock
  timers: Timers
  firstByteTimeoutMs: number
  idleTimeoutMs: number
}

/** Typical English and code; what a crashed attempt is billed by, and the start of every estimate. */
const inputBytesPerToken = 4

export function intentOf(call: DecodedCall, account: AccountView, model: ModelView, nowMs: number): IntentEntry {
  const { key } = call
  return {
    time: nowMs,
    enterpriseId: key.enterprise.id,
    departmentId: key.group.departmentId,
    groupId: key.group.id,
    userId: key.userId,
    keyId: key.id,
    accountId: account.id,
    serviceType: account.serviceType,
    requestType: 'chat',
    modelRequested: call.facts.model,
    modelUsed: model.name,
    priceVersion: model.price?.version,
    inputEstimate: Math.ceil(call.body.length / inputBytesPerToken),
    inputPrice: model.price?.input ?? 0,
    fixedCallCost: key.enterprise.fixedCallCostNanoUsd,
    discountBasisPoints: key.enterprise.discountBasisPoints,
    clientRequestId: clientRequestIdOf(call),
  }
}

/** Ids longer than this are somebody's mistake; ours and the vendors' are UUIDs. */
const clientRequestIdMax = 128

function clientRequestIdOf(call: DecodedCall): string | undefined {
  const sent = call.request.headers['x-client-request-id'] ?? call.request.headers['x-request-id']
  return typeof sent === 'string' && sent !== '' ? sent.slice(0, clientRequestIdMax) : undefined
}

/** Sends the request. Call it only after the INTENT was handed over. The relay's outcome tells how it went. */
export function send(call: DecodedCall, account: AccountView, answer: Answer, ports: AttemptPorts): Relay {
  const provider = providers[account.serviceType]
  const relay = new Relay({
    response: call.response,
    answer,
    requestId: call.id,
    requestIdHeader: provider.requestIdHeader,
    startedMs: call.startedMs,
    clock: ports.clock,
    timers: ports.timers,
    decodeFailure: (status, headers, body) => provider.decodeFailure(status, headers, body, ports.clock.now()),
  })
  try {
    ports.upstream.pool(account.origin).dispatch(
      {
        path: account.basePath + answer.path,
        method: 'POST',
        headers: ports.credentials.headersFor(account, call.request.headers),
        body: answer.body,
        headersTimeout: ports.firstByteTimeoutMs,
        bodyTimeout: ports.idleTimeoutMs,
      },
      relay,
    )
  } catch (error) {
    relay.onResponseError(undefined, error instanceof Error ? error : new DispatchFailed(String(error)))
  }
  return relay
}

class DispatchFailed extends Error {
  override readonly name = 'DispatchFailed'
}
