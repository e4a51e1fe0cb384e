// The first hop: model traffic goes to `handle`, everything else to the control plane on the same port. The table of paths
// is what the client protocols declare.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { clientProtocols } from '../core/protocols/index.ts'
import type { ClientProtocol } from '../core/protocols/protocol.ts'
import type { Handle } from './handle.ts'

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

export function createListener(handle: Handle, controlPlane: Listener): Listener {
  const byPath = new Map<string, ClientProtocol>()
  for (const protocol of Object.values(clientProtocols)) for (const path of protocol.paths) byPath.set(path, protocol)
  return (request, response) => {
    const client = byPath.get(pathOf(request.url ?? '/'))
    if (client) handle(request, response, client)
    else controlPlane(request, response)
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
