// Cuts a TCP byte stream into HTTP/1.1 requests with content-length bodies, however the segments fall and however many
// requests are pipelined. Only what a load test needs: chunked request bodies are refused by the caller.
// It costs a few microseconds per request, which is why fast mode does not use node:http.

const HEAD_END = Buffer.from('\r\n\r\n')
/** As node:http allows; a head beyond it is an attack or a mistake. */
const HEAD_BYTES_MAX = 16 * 1024
/** The largest prompt a benchmark sends, with room to spare. */
const BODY_BYTES_MAX = 32 * 1024 * 1024

export interface RequestHead {
  /** Request line and headers, with the line end of the last one. */
  text: string
  bytes: number
  bodyBytes: number
}

export interface FastRequest {
  /** The same object as before where the request before it had the same head, so that what it means can be kept too. */
  head: RequestHead
  body: Buffer
}

export type ReaderFailure = 'head-too-large' | 'body-too-large' | 'length-required'

export class RequestReader {
  failure: ReaderFailure | null = null
  #pieces: Buffer[] = []
  #bytes = 0
  /** Bytes the request under way needs in all; 0 while its head is incomplete. */
  #needed = 0
  /** The last head as bytes and as read: a load generator repeats itself, and comparing is cheaper than reading. */
  #lastBytes: Buffer = Buffer.alloc(0)
  #last: RequestHead | null = null

  get pendingBytes(): number {
    return this.#bytes
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }

  /** The next whole request, or null until more bytes arrive. */
  next(): FastRequest | null {
    if (this.#bytes === 0 || this.#bytes < this.#needed || this.failure !== null) return null
    const data = this.#joined()
    const head = this.#readHead(data)
    if (head === null) return null
    const end = head.bytes + head.bodyBytes
    if (data.length < end) {
      this.#needed = end
      return null
    }
    this.#keep(data, end)
    return { head, body: data.subarray(head.bytes, end) }
  }

  #readHead(data: Buffer): RequestHead | null {
    const known = this.#lastBytes.length
    if (this.#last !== null && data.length >= known && this.#lastBytes.compare(data, 0, known) === 0) return this.#last
    const lineEnd = data.indexOf(HEAD_END)
    if (lineEnd < 0) {
      if (data.length > HEAD_BYTES_MAX) this.failure = 'head-too-large'
      return null
    }
    const text = data.toString('latin1', 0, lineEnd + 2)
    const bodyBytes = this.#bodyBytes(text)
    if (bodyBytes === null) return null
    const bytes = lineEnd + HEAD_END.length
    // A copy, because the view would keep the whole segment it came in.
    this.#lastBytes = Buffer.from(data.subarray(0, bytes))
    this.#last = { text, bytes, bodyBytes }
    return this.#last
  }

  /** Joins at most twice per request, for its head and when all of it is there: a large body is not re-copied. */
  #joined(): Buffer {
    const first = this.#pieces[0]
    const data = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces)
    this.#pieces = [data]
    return data
  }

  #keep(data: Buffer, from: number): void {
    this.#needed = 0
    this.#bytes = data.length - from
    this.#pieces = this.#bytes === 0 ? [] : [data.subarray(from)]
  }

  #bodyBytes(head: string): number | null {
    const digits = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (digits === undefined) {
      if (/\r\ntransfer-encoding:/i.test(head)) this.failure = 'length-required'
      return this.failure === null ? 0 : null
    }
    const bytes = Number(digits)
    if (bytes > BODY_BYTES_MAX) this.failure = 'body-too-large'
    return this.failure === null ? bytes : null
  }
}

/** Whether the body asks for a stream: a search for `"stream":true`, without parsing the document. */
export function asksForStream(body: Buffer): boolean {
  for (let at = body.indexOf(STREAM_FIELD); at >= 0; at = body.indexOf(STREAM_FIELD, at + 1)) {
    let value = at + STREAM_FIELD.length
    while (body[value] === SPACE) value += 1
    if (body[value] === LETTER_T) return true
  }
  return false
}

const STREAM_FIELD = Buffer.from('"stream":')
const SPACE = 0x20
const LETTER_T = 0x74
