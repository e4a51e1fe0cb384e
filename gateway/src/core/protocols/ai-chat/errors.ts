// Refusals in the dialect of the unified call: {success:false, error, code} and the stream event `error` {code, error}.
import { AppError } from '@aicarpool/contract'
import type { UpstreamFailure } from '../failure.ts'

export function renderError(error: AppError): Buffer {
  const field = error.field === undefined ? {} : { field: error.field }
  return Buffer.from(JSON.stringify({ success: false, error: error.message, code: error.code, ...field }))
}

export function renderStreamError(error: AppError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify({ code: error.code, error: error.message })}\n\n`)
}

/** What the caller is told about an error that the provider sent inside its answer. */
export function failureError(failure: UpstreamFailure): AppError {
  if (failure.kind === 'invalid-request') return new AppError('upstream_rejected', { detail: failure.message })
  if (failure.kind === 'rate-limited') return new AppError('accounts_rate_limited')
  return new AppError('upstream_failed')
}
