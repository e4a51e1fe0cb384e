// The unified call `POST /api/ai/chat`: its request by the contract's schema, and the facts of it for routing and quota.
import { aiChatRequest, AppError, type AiChatRequest } from '@aicarpool/contract'
import type { RequestFacts } from '../protocol.ts'

type RequestBody = Record<string, unknown>

/** One body is read three times on its way (caller's group, facts, full decode) and checked once. */
const checked = new WeakMap<RequestBody, AiChatRequest>()

/** The checked request. Throws AppError('invalid_request') naming the first field at fault. */
export function readAiChat(body: RequestBody): AiChatRequest {
  const known = checked.get(body)
  if (known !== undefined) return known
  const result = aiChatRequest.safeParse(body)
  if (!result.success) throw refusalOf(result.error.issues[0])
  if (!result.data.messages.some(({ role, content }) => role !== 'system' && content.trim() !== '')) {
    throw refuse('messages', 'must hold at least one message of the user with text in it')
  }
  checked.set(body, result.data)
  return result.data
}

export function inspectRequest(body: RequestBody): RequestFacts {
  const request = readAiChat(body)
  return {
    model: request.model,
    stream: request.stream ?? false,
    maxOutputTokens: request.maxTokens,
    choices: 1,
    groupId: request.groupId,
    serviceType: request.serviceType,
  }
}

interface Issue {
  path: readonly PropertyKey[]
  message: string
  keys?: readonly string[]
}

function refusalOf(issue: Issue | undefined): AppError {
  // An unknown key is reported at the object that holds it; the key itself is what the caller must remove.
  const path = [...(issue?.path ?? []), ...(issue?.keys?.slice(0, 1) ?? [])].map(String)
  const field = path.join('.').slice(0, fieldCharsMax)
  return field === '' ? new AppError('invalid_request') : refuse(field, `is wrong: ${issue?.message ?? 'not accepted'}`)
}

/** A caller's own key names come back in the message; no real one is longer. */
const fieldCharsMax = 200

function refuse(field: string, complaint: string): AppError {
  return new AppError('invalid_request', { detail: `"${field}" ${complaint}.`, field })
}
