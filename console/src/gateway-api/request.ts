// One call to the gateway's control plane: sends JSON, opens the envelope, checks the data, and turns every way of
// failing into a GatewayFailure that pages can show.
import type { ZodType } from 'zod'
import { z } from 'zod'

const envelope = z.union([
  z.object({ success: z.literal(true), data: z.unknown() }),
  z.object({ success: z.literal(false), error: z.string(), code: z.string() }),
])

/** `network`: no answer. `unreadable`: an answer that is not ours. Everything else is a code of the error registry. */
export class GatewayFailure extends Error {
  override readonly name = 'GatewayFailure'
  readonly code: string
  readonly status: number | undefined

  constructor(code: string, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = options.status
  }
}

export interface GatewayCall<Data> {
  path: `/api/${string}`
  data: ZodType<Data>
  /** Sent as JSON by POST; without it the call is a GET. */
  body?: unknown
  /** A gateway key. Goes into the header and nowhere else. */
  key?: string
  signal?: AbortSignal
}

export async function callGateway<Data>(call: GatewayCall<Data>): Promise<Data> {
  const response = await send(call)
  const answer = envelope.safeParse(await readJson(response))
  const options = { status: response.status }
  if (!answer.success) throw new GatewayFailure('unreadable', 'the answer is not an envelope', options)
  if (!answer.data.success) throw new GatewayFailure(answer.data.code, answer.data.error, options)
  const data = call.data.safeParse(answer.data.data)
  if (!data.success) throw new GatewayFailure('unreadable', data.error.message, options)
  return data.data
}

async function send<Data>({ path, body, key, signal }: GatewayCall<Data>): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' })
  if (body !== undefined) headers.set('content-type', 'application/json')
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
  try {
    return await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    // A query that is no longer wanted must stay an abort, or it would flash up as a network failure.
    if (signal?.aborted === true) throw cause
    throw new GatewayFailure('network', 'no answer', { cause })
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    throw new GatewayFailure('unreadable', 'the answer is not JSON', { status: response.status, cause })
  }
}
