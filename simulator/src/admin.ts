// The simulator's own endpoints below `/__`: ledger, accounts, faults, health. For operators and tests on loopback;
// no vendor has these paths.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseAccounts } from './accounts.ts'
import { parseFaultScript } from './fault-script.ts'
import { parseJson } from './json.ts'
import { readBody } from './request-body.ts'
import { SimulatorError } from './simulator-error.ts'
import type { SimulatorState } from './state.ts'

export async function serveAdmin(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  inFlight: number,
): Promise<void> {
  try {
    const value = await handle(state, request, url, inFlight)
    if (value === undefined) send(response, 404, { error: `no ${request.method} ${url.pathname}` })
    else send(response, 200, value)
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error
    send(response, 400, { error: error.message, code: error.code })
  }
}

/** Undefined when there is no such endpoint. */
async function handle(state: SimulatorState, request: IncomingMessage, url: URL, inFlight: number): Promise<unknown> {
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /__ledger':
      return state.ledger.entries(Number(url.searchParams.get('since') ?? 0))
    case 'DELETE /__ledger':
      state.ledger.clear()
      return []
    case 'GET /__accounts':
      return shownAccounts(state)
    case 'POST /__accounts':
      state.accounts.add(parseAccounts(await readJson(request)))
      return shownAccounts(state)
    case 'GET /__faults':
      return state.faults().script()
    case 'PUT /__faults':
      state.setFaults(parseFaultScript(await readJson(request)))
      return state.faults().script()
    case 'DELETE /__faults':
      state.setFaults([])
      return []
    case 'GET /__health':
      return {
        ok: true,
        fast: false,
        seed: state.seed,
        speed: state.speed,
        inFlight,
        ledgerDropped: state.ledger.dropped,
      }
    default:
      return undefined
  }
}

function shownAccounts(state: SimulatorState): object[] {
  return state.accounts.list().map(({ key, ...account }) => ({ ...account, keyLast4: key.slice(-4) }))
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request)
  return text === null ? null : parseJson(text)
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(`${JSON.stringify(value)}\n`)
}
