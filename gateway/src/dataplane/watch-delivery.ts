// Whether a complete answer gets to its client. All of it has been written, so nobody waits for the socket any more; a client
// that stops reading would keep the answer in memory for as long as it likes.
import type { ServerResponse } from 'node:http'
import type { Timers } from '../platform/timers.ts'

/** A client that takes nothing for so long is treated as gone; the same patience as inside a stream. */
const deliveryStallMaxMs = 120_000

/** Call it behind `response.end`. Destroys the response when nothing has moved between two looks. */
export function watchDelivery(response: ServerResponse, timers: Timers): void {
  const { socket } = response
  // The usual case: the kernel has taken it all.
  if (!socket || socket.destroyed || socket.writableLength === 0) return
  let taken = takenBytes(socket)
  const look = () => {
    const now = takenBytes(socket)
    if (now === taken) response.destroy()
    else {
      taken = now
      cancel = timers.after(deliveryStallMaxMs, look)
    }
  }
  let cancel = timers.after(deliveryStallMaxMs, look)
  response.once('close', () => cancel())
}

/** Bytes that have left for the kernel. */
function takenBytes(socket: { bytesWritten: number; writableLength: number }): number {
  return socket.bytesWritten - socket.writableLength
}
