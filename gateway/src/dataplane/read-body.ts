// Reads a request's body whole, within its limit. Failover needs it whole: the same bytes may go to a second account.
import type { IncomingMessage } from 'node:http'
import { AppError } from '@aicarpool/contract'

/** The caller went away before the body was complete: there is nobody to answer. */
export const bodyAborted = Symbol('body aborted')

const jsonPattern = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i

/** Rejects with AppError for a body that cannot be taken, with `bodyAborted` when the caller is gone. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refusal = refusalOf(request, bytesMax)
    if (refusal) {
      reject(refusal)
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > bytesMax) {
        chunks.length = 0
        reject(tooLarge(bytesMax))
        return
      }
      chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)))
    request.on('close', () => reject(bodyAborted))
    request.on('error', () => reject(bodyAborted))
  })
}

function refusalOf(request: IncomingMessage, bytesMax: number): AppError | undefined {
  const { headers } = request
  const type = headers['content-type']
  if (type !== undefined && !jsonPattern.test(type)) {
    return new AppError('unsupported_content_type', { detail: `The content-type was "${type.slice(0, 100)}".` })
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    return new AppError('unsupported_content_type', { detail: 'The body was compressed.' })
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) return tooLarge(bytesMax)
  return undefined
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('body_too_large', { detail: `At most ${bytesMax} bytes are taken.` })
}
