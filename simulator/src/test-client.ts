// The client side of the simulator's own tests: one request per connection, with everything a test wants to know about
// how the answer arrived. On node:http, independent of whatever client a gateway uses.
import type { ClientRequest, IncomingHttpHeaders } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { SimulatedAccount } from './accounts.ts'
import type { VendorName } from './vendor-name.ts'

export interface Received {
  /** 0 when no status line came. */
  status: number
  headers: IncomingHttpHeaders
  text: string
  pieces: Buffer[]
  /** Whether HTTP says that the answer is whole. */
  complete: boolean
  /** The system's code of the error that ended it, such as ECONNRESET. */
  errorCode: string | null
}

export interface Asking {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: unknown
  /** Called with the request as soon as the first bytes of the answer are there, for clients that leave. */
  onFirstPiece?(request: ClientRequest): void
}

export function send(asking: Asking): Promise<Received> {
  const { url, method = 'POST', headers = {}, body, onFirstPiece } = asking
  const received: Received = { status: 0, headers: {}, text: '', pieces: [], complete: false, errorCode: null }
  return new Promise((resolve) => {
    const finish = () => resolve({ ...received, text: Buffer.concat(received.pieces).toString('utf8') })
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      received.errorCode = error.code ?? error.name
      finish()
    })
    request.on('response', (response) => {
      received.status = response.statusCode ?? 0
      received.headers = response.headers
      response.on('data', (piece: Buffer) => {
        received.pieces.push(piece)
        if (received.pieces.length === 1) onFirstPiece?.(request)
      })
      response.on('error', (error: NodeJS.ErrnoException) => (received.errorCode = error.code ?? error.name))
      response.on('close', () => {
        received.complete = response.complete
        finish()
      })
    })
    request.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body))
  })
}

export interface Question {
  text: string
  stream?: boolean
  outputTokensMax?: number
  model?: string
  key?: string
}

/** The same question on each vendor's wire, with the key of `testAccounts`. */
export function ask(url: string, vendor: VendorName, question: Question): Asking {
  const { text, stream = false, outputTokensMax: cap, key = `key-${vendor}`, model = TEST_MODELS[vendor] } = question
  const messages = [{ role: 'user', content: text }]
  switch (vendor) {
    case 'claude': {
      const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
      return { url: `${url}/claude/v1/messages`, headers, body: { model, max_tokens: cap ?? 4096, stream, messages } }
    }
    case 'gemini': {
      const action = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
      const config = cap === undefined ? {} : { generationConfig: { maxOutputTokens: cap } }
      const body = { contents: [{ role: 'user', parts: [{ text }] }], ...config }
      return { url: `${url}/gemini/v1beta/models/${model}:${action}`, headers: { 'x-goog-api-key': key }, body }
    }
    default: {
      const path = vendor === 'openai' ? '/openai/v1/chat/completions' : '/qwen/compatible-mode/v1/chat/completions'
      const limits = cap === undefined ? {} : { max_tokens: cap }
      const streaming = stream ? { stream, stream_options: { include_usage: true } } : {}
      const headers = { authorization: `Bearer ${key}` }
      return { url: url + path, headers, body: { model, messages, ...limits, ...streaming } }
    }
  }
}

export const TEST_VENDORS: readonly VendorName[] = ['openai', 'claude', 'gemini', 'qwen']

export const TEST_MODELS: Record<VendorName, string> = {
  openai: 'gpt-4o',
  claude: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  qwen: 'qwen-plus',
}

export function testAccounts(): SimulatedAccount[] {
  return TEST_VENDORS.map((vendor) => ({ vendor, key: `key-${vendor}`, organisation: `org-${vendor}` }))
}

/** A parsed document whose shape the test itself asserts. */
export type Parsed = ReturnType<typeof JSON.parse>

/** The data of each server-sent event, parsed; `[DONE]` stays text. Events that are not JSON are null. */
export function eventData(text: string): Parsed[] {
  return text
    .split(/\r?\n\r?\n/)
    .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
    .map((data) => {
      try {
        return data === '[DONE]' ? data : JSON.parse(data)
      } catch {
        // Malformed on purpose; the test that asked for it looks for the null.
        return null
      }
    })
}

/** The text an answer carries, streamed or not, on any of the wires. */
export function answerText({ text }: Received): string {
  const documents = text.startsWith('{') ? [JSON.parse(text) as unknown] : eventData(text)
  return documents.map((document) => pieceText(document as Piece)).join('')
}

interface Piece {
  choices?: { message?: { content: string }; delta?: { content?: string } }[]
  candidates?: { content: { parts: { text: string }[] } }[]
  content?: { text: string }[]
  delta?: { text?: string }
}

function pieceText(piece: Piece): string {
  const choice = piece.choices?.[0]
  return (
    choice?.message?.content ??
    choice?.delta?.content ??
    piece.candidates?.[0]?.content.parts[0]?.text ??
    piece.content?.[0]?.text ??
    piece.delta?.text ??
    ''
  )
}
