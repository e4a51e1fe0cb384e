// Turns whatever a route threw into the control plane's envelope `{ success: false, error, code }`. Pure: which errors are
// refusals, which are the caller's malformed request, and which are bugs that only the log may describe.
import { AppError, type ErrorCode } from '@aicarpool/contract'
import { z } from 'zod'

export interface ErrorAnswer {
  status: number
  body: { success: false; error: string; code: ErrorCode; field?: string; requestId?: string }
  retryAfterSeconds: number | undefined
  /** True for what nobody expected: the caller learns nothing, the log gets everything. */
  isBug: boolean
}

export function answerError(error: unknown, requestId: string): ErrorAnswer {
  const refusal = toRefusal(error)
  if (refusal === undefined) return answerRefusal(new AppError('internal'), requestId, true)
  return answerRefusal(refusal, requestId, refusal.code === 'internal')
}

function answerRefusal(refusal: AppError, requestId: string, isBug: boolean): ErrorAnswer {
  const body: ErrorAnswer['body'] = { success: false, error: refusal.message, code: refusal.code }
  if (refusal.field !== undefined) body.field = refusal.field
  if (isBug) body.requestId = requestId
  const retryAfterSeconds = refusal.retryAfterMs === undefined ? undefined : Math.ceil(refusal.retryAfterMs / 1000)
  return { status: refusal.status, body, retryAfterSeconds, isBug }
}

function toRefusal(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error
  if (error instanceof z.ZodError) return fromZod(error)
  return fromFastify(error)
}

/** The first field at fault, as a path; zod's own texts never quote the value. */
function fromZod(error: z.ZodError): AppError {
  const issue = error.issues[0]
  const field = (issue?.path ?? []).map(String).join('.')
  const detail = field === '' ? (issue?.message ?? '') : `${field}: ${issue?.message}.`
  return new AppError('invalid_request', field === '' ? { detail } : { detail, field })
}

/** Fastify's stable codes (Fastify documentation, "Errors") for requests that it could not read. */
const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_content_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body_incomplete',
  FST_ERR_CTP_INVALID_TYPE: 'unsupported_content_type',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'invalid_request',
  FST_ERR_NOT_FOUND: 'not_found',
}

function fromFastify(error: unknown): AppError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const status = error.statusCode
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? fastifyCodes[error.code] : undefined
  if (code !== undefined) return new AppError(code)
  // The JSON parser's own errors carry a status and no code of Fastify's.
  return new AppError(error instanceof SyntaxError ? 'invalid_json' : 'invalid_request')
}
