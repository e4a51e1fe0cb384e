// The client's wire → what routing and quota need: model, stream, maxima. The whole body is parsed once to know that it is
// JSON; a full decode into the canonical request happens only where a translation needs it.
import { isUtf8 } from 'node:buffer'
import { AppError } from '@aicarpool/contract'
import { accountProtocols } from '../core/protocols/index.ts'
import { scanObject } from '../core/protocols/json-scan.ts'
import type { AccountProtocol, ClientProtocol, RequestFacts } from '../core/protocols/protocol.ts'
import { requireKnown, type Providers } from '../core/providers/registry.ts'
import { modelOf, type RouteRequest } from '../core/routing/eligible.ts'
import type { KeyView } from '../core/routing/snapshot.ts'
import type { Call, DecodedCall } from './call.ts'
import { wireFor } from './wire.ts'

/** Deeper documents overflow the stacks of JSON libraries down the line; the deepest tool schemas seen nest below 40. */
const depthMax = 256

const leastMaximumOf = ({ outputTokensMin = 1 }: AccountProtocol): number => outputTokensMin
const leastMaximumMax = Math.max(...Object.values(accountProtocols).map(leastMaximumOf))

export function decode(call: Call, key: KeyView, body: Buffer, providers: Providers, nowMs: number): DecodedCall {
  const parsed = parseBody(body)
  const facts = withLeastMaximum(call.client, call.client.inspectRequest(parsed, call.target), key, nowMs)
  if (facts.serviceType !== undefined) requireKnown(providers, facts.serviceType, 'serviceType')
  if (facts.groupId !== undefined && facts.groupId !== key.group.id)
    throw new AppError('group_mismatch', { field: 'groupId' })
  const route = routeOf(call.client, facts, key)
  return { ...call, key, body, parsed, facts, route, idempotency: undefined, answered: undefined }
}

/** Some wires take no maximum below one of their own, and a translation raises it: the bound must be made of what is sent. */
function withLeastMaximum(client: ClientProtocol, facts: RequestFacts, key: KeyView, nowMs: number): RequestFacts {
  const { maxOutputTokens } = facts
  if (maxOutputTokens === undefined || maxOutputTokens >= leastMaximumMax) return facts
  const least = (key.group.binding?.tiers ?? []).flat().map((account) => {
    const model = modelOf(account, facts, nowMs)
    const wire = model && wireFor(client, account.provider, model)
    return !wire || wire.isNative ? 0 : leastMaximumOf(accountProtocols[wire.protocol])
  })
  return { ...facts, maxOutputTokens: Math.max(maxOutputTokens, ...least) }
}

export function routeOf(client: ClientProtocol, facts: RequestFacts, key: KeyView): RouteRequest {
  return {
    model: facts.model,
    serviceType: facts.serviceType,
    speaks: (provider, model) => wireFor(client, provider, model) !== undefined,
    allowedModels: key.allowedModels,
  }
}

/** Throws AppError for what is not one JSON object of a sensible depth. */
export function parseBody(body: Buffer): Record<string, unknown> {
  if (body.length === 0) throw new AppError('invalid_json', { detail: 'The body is empty.' })
  const scanned = scanObject(body)
  if (scanned && scanned.depth > depthMax) {
    throw new AppError('body_too_deep', { detail: `At most ${depthMax} levels are taken.` })
  }
  let parsed: unknown
  try {
    parsed = isUtf8(body) ? JSON.parse(body.toString('utf8')) : undefined
  } catch (cause) {
    throw new AppError('invalid_json', { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('invalid_json', { detail: 'The body must be one JSON object.' })
  }
  return parsed as Record<string, unknown>
}
