// Refusals in the dialect of the unified call: {success:false, error, code} and the stream event `error` {code, error}.
import type { AppError } from '@aicarpool/contract'

export function renderError(error: AppError): Buffer {
  const field = error.field === undefined ? {} : { field: error.field }
  return Buffer.from(JSON.stringify({ success: false, error: error.message, code: error.code, ...field }))
}

export function renderStreamError(error: AppError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify({ code: error.code, error: error.message })}\n\n`)
}
