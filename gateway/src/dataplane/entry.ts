// Where a request enters the data plane: it is counted until its work is done and its answer has left, refused while too many
// run or the gateway stops, and answered in its own dialect whatever goes wrong.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@aicarpool/contract'
import type { ClientProtocol, RequestTarget } from '../core/protocols/protocol.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Timers } from '../platform/timers.ts'
import type { Call } from './call.ts'
import type { Live } from './live.ts'
import { bodyAborted } from './read-body.ts'
import { refuse } from './refuse.ts'
import { waitForTurn } from './turns.ts'

export interface EntryPorts {
  live: Live
  clock: Clock
  timers: Timers
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
  const { live } = ports
  return (request, response, client, target, work) => {
    live.enter()
    const refusal = live.openRequests() > ports.concurrentRequestsMax ? new AppError('overloaded') : undefined
    const begin = (reason: AppError | undefined) => {
      const { random, clock } = ports
      const call: Call = { id: random.uuid(), client, target, request, response, startedMs: clock.monotonic() }
      run(call, ports.isDraining() ? new AppError('shutting_down') : reason, work, ports)
    }
    if (response.socket) begin(refusal)
    else {
      waitForTurn(request, response, {
        begin: (isKept) => begin(isKept ? refusal : tooLargeToWait()),
        leave: () => live.leave(),
      })
    }
  }
}

function run(call: Call, refusal: AppError | undefined, work: Work, { live, log, timers }: EntryPorts): void {
  // A request counts until both are over: our work for it, which outlasts a client that leaves, and its answer's delivery,
  // which outlasts our work. The answer of a request that came in too many counts too: it is held like any other.
  let running = 2
  const leave = () => {
    running -= 1
    if (running === 0) live.leave()
  }
  call.response.once('close', leave)
  const done = refusal ? Promise.reject(refusal) : work(call)
  done.catch((error: unknown) => answerError(call, error, log, timers)).finally(leave)
}

function tooLargeToWait(): AppError {
  return new AppError('overloaded', {
    detail: 'It was sent behind a running request on the same connection, where only small ones can wait.',
  })
}

function answerError(call: Call, error: unknown, log: Log, timers: Timers): void {
  if (error === bodyAborted) return
  if (error instanceof AppError) {
    refuse(call, error, timers)
    return
  }
  log.error({ requestId: call.id, error }, 'A request ended in an unexpected error')
  refuse(call, new AppError('internal', { cause: error }), timers)
}
