// Requests that a client sends down one connection without waiting for the answers take turns, in the order in which HTTP must
// answer them: an answer without a socket would be held with nobody watching how it is taken. The connection is read all the
// while, so that a client that leaves is seen; what waits is therefore bounded.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Nobody who waits for answers sends so many ahead: the connection is closed. */
const waitingMax = 100
/** Bodies that may wait on one connection, all together. */
const waitingBytesMax = 1024 * 1024

interface Line {
  readonly leaving: Set<() => void>
  waitingBytes: number
}

const lines = new WeakMap<Socket, Line>()

export interface Turn {
  /** The answers before it have left. `isKept` is false when its body was too large to wait and was thrown away. */
  begin(isKept: boolean): void
  /** Called instead when the client went away, or its connection was closed. */
  leave(): void
}

export function waitForTurn(request: IncomingMessage, response: ServerResponse, turn: Turn): void {
  const { socket } = request
  const line = lineOf(socket)
  if (socket.destroyed || line.leaving.size >= waitingMax) {
    socket.destroy()
    turn.leave()
    return
  }
  const bytes = bodyBytes(request)
  // A body that fills the request's buffer stops the reading of the connection.
  const isKept = bytes < request.readableHighWaterMark && line.waitingBytes + bytes <= waitingBytesMax
  const keptBytes = isKept ? bytes : 0
  if (!isKept) request.resume()
  line.waitingBytes += keptBytes
  line.leaving.add(turn.leave)
  response.once('socket', () => {
    if (!line.leaving.delete(turn.leave)) return
    line.waitingBytes -= keptBytes
    if (socket.destroyed) turn.leave()
    else turn.begin(isKept)
  })
}

/** Infinity where the request does not say it. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

function lineOf(socket: Socket): Line {
  const present = lines.get(socket)
  if (present) return present
  const line: Line = { leaving: new Set(), waitingBytes: 0 }
  lines.set(socket, line)
  socket.once('close', () => {
    for (const leave of line.leaving) leave()
    line.leaving.clear()
  })
  return line
}
