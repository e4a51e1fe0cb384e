// The first hop: model traffic goes to the data plane, everything else to the control plane on the same port. The table of paths
// is what the client protocols declare.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@aicarpool/contract'
import { clientProtocols } from '../core/protocols/index.ts'
import type { ClientProtocol, RequestTarget, TokenCounting } from '../core/protocols/protocol.ts'
import { authenticateCall } from './authenticate.ts'
import { countTokens } from './count-tokens.ts'
import type { Enter, Work } from './entry.ts'
import { handle, type HandlePorts } from './handle.ts'
import { listModels } from './list-models.ts'

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

interface Route {
  client: ClientProtocol
  target: RequestTarget
  work: Work
}

const noTarget: RequestTarget = Object.freeze({})
/** Clients look whether somebody is there before they send anything. */
const basePaths: ReadonlySet<string> = new Set([
  '/',
  '/v1',
  '/v1/',
  '/v1beta',
  '/v1beta/',
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/',
])

export function createListener(enter: Enter, ports: HandlePorts, controlPlane: Listener): Listener {
  const protocols: ClientProtocol[] = Object.values(clientProtocols)
  const serve: Work = (call) => handle(call, ports)
  const counter =
    (counting: TokenCounting): Work =>
    (call) =>
      countTokens(call, counting, ports)
  const refuser =
    (refusal: AppError): Work =>
    async (call) => {
      authenticateCall(call, ports.authenticate)
      throw refusal
    }
  const exact = new Map<string, Route>()
  for (const client of protocols) {
    for (const path of client.paths) exact.set(path, { client, target: noTarget, work: serve })
    const { tokenCounting } = client
    if (!tokenCounting) continue
    const work = counter(tokenCounting)
    for (const path of tokenCounting.paths) exact.set(path, { client, target: noTarget, work })
  }

  function find(path: string, query: string, request: IncomingMessage): Route | undefined {
    const present = exact.get(path)
    if (present) return present
    for (const client of protocols) {
      const target = client.matchAddress?.(path, query)
      if (target) return { client, target, work: serve }
      const { tokenCounting } = client
      const counted = tokenCounting?.matchAddress?.(path)
      if (tokenCounting && counted) return { client, target: counted, work: counter(tokenCounting) }
      const refusal = client.refuseAddress?.(path)
      if (refusal) return { client, target: noTarget, work: refuser(refusal) }
    }
    // Last: a model's name may hold colons, and behind the last one may stand what is asked of the model.
    return modelListRoute(protocols, path, request, ports) ?? unknownRoute(protocols, path, request)
  }

  return (request, response) => {
    const [path, query] = split(request.url ?? '/')
    const route = find(path, query, request)
    if (route) enter(request, response, route.client, route.target, route.work)
    else if (basePaths.has(path) && isGreeting(path, request.method)) response.writeHead(204).end()
    else controlPlane(request, response)
  }
}

/** The console answers GET / itself. */
function isGreeting(path: string, method: string | undefined): boolean {
  return method === 'HEAD' || (method === 'GET' && path !== '/')
}

/**
 * Several dialects list models at one address: the one that is known there by its own header, else the one whose version header
 * the client sends, else the one that has none.
 */
function modelListRoute(
  protocols: readonly ClientProtocol[],
  path: string,
  { headers }: IncomingMessage,
  ports: HandlePorts,
): Route | undefined {
  const guest = protocols.find(({ modelList }) => {
    const place = modelList?.guestAt
    return place && isBelow(path, place.path) && headers[place.header] !== undefined
  })
  const client = guest ?? speakerOf(protocols, headers, (listPath) => isBelow(path, listPath))
  const list = client?.modelList
  if (!client || !list) return undefined
  const base = guest ? (list.guestAt?.path ?? list.path) : list.path
  const name = path === base ? undefined : decodedName(path.slice(base.length + 1))
  return { client, target: noTarget, work: (call) => listModels(call, list, name, ports) }
}

/** An address below the vendors' own that no wire has: its caller is answered in the dialect that it expects there. */
function unknownRoute(
  protocols: readonly ClientProtocol[],
  path: string,
  { headers }: IncomingMessage,
): Route | undefined {
  if (basePaths.has(path)) return undefined
  const client = speakerOf(protocols, headers, (listPath) => isBelow(path, parentOf(listPath)))
  if (!client) return undefined
  const work: Work = async () => {
    throw new AppError('not_found')
  }
  return { client, target: noTarget, work }
}

/** Of the dialects whose list of models stands where it is looked for: the one whose version the client names, else the one without. */
function speakerOf(
  protocols: readonly ClientProtocol[],
  headers: IncomingHttpHeaders,
  isSought: (listPath: string) => boolean,
): ClientProtocol | undefined {
  const matching = protocols.filter(({ modelList }) => modelList && isSought(modelList.path))
  return (
    matching.find(({ versionHeader }) => versionHeader !== undefined && headers[versionHeader] !== undefined) ??
    matching.find(({ versionHeader }) => versionHeader === undefined)
  )
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`)
}

function decodedName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function split(url: string): [path: string, query: string] {
  const at = url.indexOf('?')
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
