// Signs of life in a translated stream: what the provider thinks in silence, or what has no counterpart in the client's dialect,
// leaves the client without a byte, and proxies in between end connections that are silent for a minute. A passed-through
// stream needs none: it has the provider's own.
import type { ServerResponse } from 'node:http'
import type { CancelTimer, Timers } from '../platform/timers.ts'
import { writeChunk } from './write-chunk.ts'

/** A stream is silent for at most twice as long. Proxies give up after 30 to 60 seconds. */
const silenceMs = 10_000

export interface KeepAlive {
  /** Something was written, so nothing needs to be said soon. */
  noteWritten(): void
  stop(): void
}

/** `sign` is what the dialect's clients pass over. The headers must have been written. */
export function keepAlive(response: ServerResponse, sign: Buffer, timers: Timers): KeepAlive {
  let isSilent = false
  let cancel: CancelTimer = timers.after(silenceMs, look)
  function look(): void {
    // A client that takes nothing has more than enough to read.
    if (isSilent && !response.destroyed && response.socket?.writableNeedDrain === false) writeChunk(response, sign)
    isSilent = true
    cancel = timers.after(silenceMs, look)
  }
  return {
    noteWritten: () => {
      isSilent = false
    },
    stop: () => cancel(),
  }
}
