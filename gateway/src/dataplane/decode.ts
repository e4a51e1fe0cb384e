// The client's wire → what routing and quota need: model, stream, maxima. The whole body is parsed once to know that it is
// JSON; a full decode into the canonical request happens only where a translation needs it.
import { isUtf8 } from 'node:buffer'
import { AppError, serviceTypes, type ServiceType } from '@aicarpool/contract'
import { scanObject } from '../core/protocols/json-scan.ts'
import type { ClientProtocol, RequestFacts } from '../core/protocols/protocol.ts'
import { providers } from '../core/providers/index.ts'
import type { ProviderWire } from '../core/providers/provider.ts'
import type { RouteRequest } from '../core/routing/eligible.ts'
import type { KeyView } from '../core/routing/snapshot.ts'
import type { Call, DecodedCall } from './call.ts'

/** Deeper documents overflow the stacks of JSON libraries down the line; the deepest tool schemas seen nest below 40. */
const depthMax = 256

export function decode(call: Call, key: KeyView, body: Buffer): DecodedCall {
  const parsed = parse(body)
  const facts = call.client.inspectRequest(parsed)
  if (facts.groupId !== undefined && facts.groupId !== key.group.id)
    throw new AppError('group_mismatch', { field: 'groupId' })
  return { ...call, key, body, parsed, facts, route: routeOf(call.client, facts, key) }
}

export function routeOf(client: ClientProtocol, facts: RequestFacts, key: KeyView): RouteRequest {
  return {
    model: facts.model,
    serviceType: facts.serviceType,
    speaks: (serviceType) => wireFor(client, serviceType) !== undefined,
    allowedModels: key.allowedModels,
  }
}

function parse(body: Buffer): Record<string, unknown> {
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

export interface ChosenWire extends ProviderWire {
  isNative: boolean
}

const wires = new Map<ClientProtocol, Map<ServiceType, ChosenWire | undefined>>()

/** The wire by which an account of a service type serves a client's protocol: its own where it can, else by translation. */
export function wireFor(client: ClientProtocol, serviceType: ServiceType): ChosenWire | undefined {
  let ofClient = wires.get(client)
  if (!ofClient) {
    ofClient = new Map(serviceTypes.map((type) => [type, findWire(client, type)]))
    wires.set(client, ofClient)
  }
  return ofClient.get(serviceType)
}

function findWire(client: ClientProtocol, serviceType: ServiceType): ChosenWire | undefined {
  const offered = providers[serviceType].wires
  const native = offered.find((wire) => wire.protocol === client.id)
  if (native) return { ...native, isNative: true }
  const first = offered[0]
  return client.translation && first ? { ...first, isNative: false } : undefined
}
