// The faults that take the place of an answer: error statuses in the vendor's own words, pages of a proxy in between,
// and connections that break or stay silent. Faults that spoil an answer under way are in disruption.ts and
// delivery.ts.
import type { Exchange } from './exchange.ts'
import { bill, refuse, replyContext, respond } from './exchange.ts'
import type { Fault } from './fault-script.ts'
import type { Problem } from './problem.ts'
import { SimulatorError } from './simulator-error.ts'
import type { Reply } from './vendor.ts'

/** A 429 from a script names the account's own limit, or this where it has none. */
const SCRIPTED_REQUESTS_PER_MINUTE = 60
const SCRIPTED_RETRY_AFTER_SECONDS = '20'

/** Answers true when the exchange ended here. */
export async function strike(exchange: Exchange): Promise<boolean> {
  const { fault } = exchange
  if (fault === null) return false
  const problem = scriptedProblem(exchange, fault)
  if (problem !== null) {
    refuse(exchange, problem, statusOf(fault))
    return true
  }
  switch (fault.kind) {
    case 'vendor-error':
      respond(exchange, namedError(exchange, fault.name))
      return true
    case 'html-error':
      respond(exchange, htmlError(fault.status))
      return true
    case 'empty-body':
      respondEmpty(exchange)
      return true
    case 'refuse':
    case 'reset':
      hangUp(exchange, fault.kind)
      return true
    case 'silence':
    case 'headers-then-silence':
      await staySilent(exchange, fault.kind === 'headers-then-silence')
      return true
    default:
      return false
  }
}

function scriptedProblem(exchange: Exchange, fault: Fault): Problem | null {
  const model = exchange.model ?? exchange.vendor.models[0]?.id ?? ''
  switch (fault.kind) {
    case 'status-429':
      return fault.quota === true
        ? { kind: 'quota-exhausted', model }
        : scriptedLimit(exchange, model, fault.retryAfter)
    case 'error-in-stream':
      // Where nothing is streamed, the same misfortune is an error status.
      if (exchange.generation === null || exchange.generation.streamed) return null
      return fault.quota === true ? { kind: 'quota-exhausted', model } : { kind: 'overloaded' }
    case 'overloaded-529':
      return { kind: 'overloaded' }
    case 'status-500':
      return { kind: 'server-error' }
    case 'status-503':
      return { kind: 'unavailable' }
    case 'status-401':
      return { kind: 'unauthorised' }
    case 'status-402':
      return { kind: 'payment-required' }
    case 'status-403':
      return { kind: 'forbidden' }
    default:
      return null
  }
}

/** A script that names a status gets it; an overload has the status that the vendor uses for it, 529 or 503. */
function statusOf(fault: Fault): number | undefined {
  const digits = /^status-(\d{3})$/.exec(fault.kind)?.[1]
  return digits === undefined || (fault.kind === 'status-429' && fault.quota === true) ? undefined : Number(digits)
}

function scriptedLimit({ state, account }: Exchange, model: string, retryAfter: string | null | undefined): Problem {
  const limit = account === null ? null : state.accounts.limit(account, 'requestsPerMinute')
  const perMinute = limit ?? SCRIPTED_REQUESTS_PER_MINUTE
  const hint = retryAfter === undefined ? SCRIPTED_RETRY_AFTER_SECONDS : retryAfter
  return {
    kind: 'rate-limited',
    dimension: 'requests',
    model,
    limit: perMinute,
    used: perMinute,
    requested: 1,
    retryAfter: hint,
  }
}

/** The script was checked when it was set, so the name is known here. */
function namedError(exchange: Exchange, name: string): Reply {
  const { vendor } = exchange
  const make = vendor.namedErrors?.[name]
  if (make === undefined) throw new SimulatorError('invalid_faults', `${vendor.name} has no error named ${name}`)
  const reply = make(replyContext(exchange))
  return { ...reply, body: exchange.wrapError(reply.body) }
}

function htmlError(status: number): Reply {
  const title = status === 502 ? '502 Bad Gateway' : `${status} Error`
  const page = `<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center></body></html>`
  const body = `${page}\r\n`
  return { status, headers: { 'content-type': 'text/html' }, body }
}

function respondEmpty(exchange: Exchange): void {
  bill(exchange, 200, 'error', null)
  exchange.response.writeHead(200, okHeaders(exchange))
  exchange.response.end()
}

function okHeaders(exchange: Exchange): Record<string, string> {
  const { generation, vendor } = exchange
  const contentType = generation?.streamed === true ? generation.streamContentType : 'application/json; charset=utf-8'
  return { 'content-type': contentType, ...vendor.replyHeaders(replyContext(exchange)) }
}

function hangUp(exchange: Exchange, kind: 'refuse' | 'reset'): void {
  bill(exchange, 0, 'error', null)
  const { socket } = exchange.request
  if (kind === 'reset') socket.resetAndDestroy()
  else socket.destroy()
}

async function staySilent(exchange: Exchange, headersFirst: boolean): Promise<void> {
  const { response, gone } = exchange
  if (headersFirst) {
    response.writeHead(200, okHeaders(exchange))
    response.flushHeaders()
  }
  await new Promise<void>((resolve) => {
    if (gone.aborted) return resolve()
    gone.addEventListener('abort', () => resolve(), { once: true })
  })
  bill(exchange, headersFirst ? 200 : 0, 'client-gone', null)
}
