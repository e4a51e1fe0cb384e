// Where a request enters the data plane: it is counted until its work is done and its answer has left, refused while too many
// run or the gateway stops, and answered in its own dialect whatever goes wrong.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@aicarpool/contract'
import type { ClientProtocol, RequestTarget } from '../core/protocols/protocol.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Call } from './call.ts'
import type { Live } from './live.ts'
import { bodyAborted } from './read-body.ts'
import { refuse } from './refuse.ts'

export interface EntryPorts {
  live: Live
  clock: Clock
  random: Random
  log: Log
  concurrentRequestsMax: number
  isDraining: () => boolean
}

/** What is done for a request. Rejects with the refusal of a caller who gets no answer. */
export type Work = (call: Call) => Promise<void>

export type Enter = (
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientProtocol,
  target: RequestTarget,
  work: Work,
) => void

export function createEntry(ports: EntryPorts): Enter {
  const enter: Enter = (request, response, client, target, work) => {
    const { live, random, clock } = ports
    const call: Call = { id: random.uuid(), client, target, request, response, startedMs: clock.monotonic() }
    // A request counts until both are over: our work for it, which outlasts a client that leaves, and its answer's delivery,
    // which outlasts our work. The answer of a request that came in too many counts too: it is held like any other.
    let running = 2
    const leave = () => {
      running -= 1
      if (running === 0) live.leave()
    }
    live.enter()
    response.once('close', leave)
    const refusal = refusalOf(ports)
    const done = refusal ? Promise.reject(refusal) : work(call)
    done.catch((error: unknown) => answerError(call, error, ports.log)).finally(leave)
  }
  return (request, response, client, target, work) => {
    // Requests that a client sends down one connection without waiting are served one behind the other, in the order in which
    // HTTP must answer them: an answer without a socket would be held with nobody watching how it is taken.
    if (response.socket) enter(request, response, client, target, work)
    else response.once('socket', () => enter(request, response, client, target, work))
  }
}

function refusalOf({ live, concurrentRequestsMax, isDraining }: EntryPorts): AppError | undefined {
  if (isDraining()) return new AppError('shutting_down')
  return live.openRequests() > concurrentRequestsMax ? new AppError('overloaded') : undefined
}

function answerError(call: Call, error: unknown, log: Log): void {
  if (error === bodyAborted) return
  if (error instanceof AppError) {
    refuse(call, error)
    return
  }
  log.error({ requestId: call.id, error }, 'A request ended in an unexpected error')
  refuse(call, new AppError('internal', { cause: error }))
}
