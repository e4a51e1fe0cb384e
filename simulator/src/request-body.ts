// Reads a request's body as text, up to the size vendors accept. Called once per exchange and by the admin endpoints.
import type { IncomingMessage } from 'node:http'

/** Anthropic's limit for the Messages API (API errors page, `request_too_large`); the others are at or above it. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024

/** Null when the body is larger than allowed. A client that leaves midway gives what came; the caller sees it gone. */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let bytes = 0
    request.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > BODY_BYTES_MAX) {
        request.removeAllListeners('data')
        request.pause()
        return resolve(null)
      }
      pieces.push(piece)
    })
    const finish = () => resolve(Buffer.concat(pieces).toString('utf8'))
    request.on('end', finish)
    request.on('close', finish)
    // A reset connection is followed by `close`, where it is dealt with.
    request.on('error', () => {})
  })
}
