// Reads HTTP/1.1 responses from one keep-alive connection, in whatever pieces the bytes come. Knows content-length and
// chunked bodies, which is all that the measured servers send. Used by the load generator, which needs to be sure that
// every answer it counts was complete.

/** A head that is longer than this is not one of ours. */
const headBytesMax = 64 * 1024

export interface ResponseListener {
  onHead(status: number): void
  /** A piece of the body, without any transfer encoding. Valid during the call only. */
  onBody(piece: Buffer): void
  onEnd(): void
}

export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse'
}

type Phase = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')
const empty = Buffer.alloc(0)

export class ResponseReader {
  readonly #listener: ResponseListener
  #phase: Phase = 'head'
  #rest: Buffer = empty
  /** Bytes of the body, or of the current chunk, that are still to come. */
  #remaining = 0

  constructor(listener: ResponseListener) {
    this.#listener = listener
  }

  /** True between two responses, when the connection may be closed without losing one. */
  get isIdle(): boolean {
    return this.#phase === 'head' && this.#rest.length === 0
  }

  push(bytes: Buffer): void {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    for (;;) {
      const taken = this.#take(data)
      if (taken === 0) break
      data = data.subarray(taken)
    }
    this.#rest = data
  }

  /** Consumes one element from the front of `data`; 0 when it is not complete yet. */
  #take(data: Buffer): number {
    if (data.length === 0) return 0
    if (this.#phase === 'head') return this.#takeHead(data)
    if (this.#phase === 'body' || this.#phase === 'chunk') return this.#takeBody(data)
    const end = data.indexOf(lineEnd)
    if (end === -1) return 0
    this.#takeLine(data.toString('latin1', 0, end))
    return end + lineEnd.length
  }

  #takeHead(data: Buffer): number {
    const end = data.indexOf(headEnd)
    if (end === -1) {
      if (data.length > headBytesMax) throw new MalformedResponse('the head does not end')
      return 0
    }
    const head = data.toString('latin1', 0, end)
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]
    if (status === undefined) throw new MalformedResponse(`not a response: ${head.slice(0, 80)}`)
    const length = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1]
    const isChunked = /^transfer-encoding:\s*chunked\s*$/im.test(head)
    if (length === undefined && !isChunked) throw new MalformedResponse('neither content-length nor chunked')
    this.#listener.onHead(Number(status))
    this.#remaining = isChunked ? 0 : Number(length)
    if (isChunked) this.#phase = 'chunk-size'
    else if (this.#remaining > 0) this.#phase = 'body'
    else this.#end()
    return end + headEnd.length
  }

  #takeBody(data: Buffer): number {
    const piece = data.subarray(0, this.#remaining)
    this.#remaining -= piece.length
    this.#listener.onBody(piece)
    if (this.#remaining === 0) {
      if (this.#phase === 'chunk') this.#phase = 'chunk-end'
      else this.#end()
    }
    return piece.length
  }

  #takeLine(line: string): void {
    if (this.#phase === 'chunk-end') {
      if (line !== '') throw new MalformedResponse('a chunk is longer than it says')
      this.#phase = 'chunk-size'
    } else if (this.#phase === 'trailer') {
      if (line === '') this.#end()
    } else {
      const size = /^([0-9a-f]+)\s*(?:;.*)?$/i.exec(line)?.[1]
      if (size === undefined) throw new MalformedResponse(`not a chunk size: ${line.slice(0, 20)}`)
      this.#remaining = Number.parseInt(size, 16)
      this.#phase = this.#remaining === 0 ? 'trailer' : 'chunk'
    }
  }

  #end(): void {
    this.#phase = 'head'
    this.#listener.onEnd()
  }
}
