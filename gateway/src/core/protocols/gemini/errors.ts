// Errors of the generateContent wire: our refusals in its dialect, as a body and inside a stream. What they say, and what the
// provider's say, is google.rpc.Status (../rpc-status.ts).
import type { AppError } from '@aicarpool/contract'
import { statusBody } from '../rpc-status.ts'

export function renderError(error: AppError, requestId: string): Buffer {
  return Buffer.from(JSON.stringify(statusBody(error, requestId)))
}

/** For clients that read their stream as one JSON array: a refusal is the array's only element. */
export function renderArrayError(error: AppError, requestId: string): Buffer {
  return Buffer.from(`[${JSON.stringify(statusBody(error, requestId))}]`)
}

/** The last element of an array that has begun. */
export function renderArrayStreamError(error: AppError, requestId: string): Buffer {
  return Buffer.from(`,\r\n${JSON.stringify(statusBody(error, requestId))}\r\n]`)
}

export function renderStreamError(error: AppError, requestId: string): Buffer {
  return Buffer.from(`data: ${JSON.stringify(statusBody(error, requestId))}\r\n\r\n`)
}
