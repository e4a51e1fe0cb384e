// The end of an answer on its way to the client. Nobody else waits for the socket any more, so a client that stops reading would
// keep the answer in memory for as long as it likes: it is given up when nothing has moved for long.
import type { ServerResponse } from 'node:http'
import type { Timers } from '../platform/timers.ts'

/** A client that takes nothing for so long is treated as gone; the same patience as inside a stream. */
const deliveryStallMaxMs = 120_000
/** A socket tells when it has taken a piece, not how far it is inside one: who takes less than this in time is as good as gone. */
const pieceBytesMax = 256 * 1024

/** Writes the rest of an answer, whose headers were written, and ends it. */
export function deliver(response: ServerResponse, body: Buffer, timers: Timers): void {
  let offset = 0
  const writePieces = () => {
    while (body.length - offset > pieceBytesMax) {
      const hasRoom = response.write(body.subarray(offset, (offset += pieceBytesMax)))
      if (!hasRoom) return void response.once('drain', writePieces)
    }
    response.end(body.subarray(offset))
  }
  writePieces()
  watchDelivery(response, timers)
}

/** Call it behind the last or the first write that must wait. Destroys the response when nothing has moved between two looks. */
export function watchDelivery(response: ServerResponse, timers: Timers): void {
  const { socket } = response
  // The usual case: the kernel has taken it all.
  if (!socket || socket.destroyed || (response.writableEnded && socket.writableLength === 0)) return
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
