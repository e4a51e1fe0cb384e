// Upstream bytes → client bytes. One Relay serves one attempt: it decides from the first bytes whether this is an answer or
// a failure, holds what comes before the first content so that failover stays possible, then passes on with backpressure
// both ways. The last bytes are kept back until `finish`, because the FINAL must be in the journal before they leave.
// A client that goes away does not end the upstream: it is read on, bounded, so that the usage is exact.
import type { ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { isBrokenAnswer } from '../core/protocols/broken-answer.ts'
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import type { Closing, ResponseTransform } from '../core/protocols/protocol.ts'
import type { Usage } from '../core/protocols/usage.ts'
import type { HeaderView } from '../core/providers/provider.ts'
import type { Clock } from '../platform/clock.ts'
import type { CancelTimer, Timers } from '../platform/timers.ts'
import type { Answer, PlainAnswer } from './answer.ts'
import { deliver, watchDelivery } from './deliver.ts'
import { keepAlive, type KeepAlive } from './keep-alive.ts'
import { writeChunk } from './write-chunk.ts'

/** An error page is read this far to be understood; the rest is thrown away. */
const failureBodyBytesMax = 64 * 1024
/** A plain answer is held whole; the largest real ones (embeddings, base64 images) stay far below. */
const plainBodyBytesMax = 64 * 1024 * 1024
/** Above this, copying a body into a string costs more than the second write that it saves. */
const stringBodyBytesMax = 16 * 1024
/** What may come before the first content, in bytes and in time, before it is sent on and failover is given up. */
const heldBytesMax = 256 * 1024
const heldTimeMaxMs = 15_000
/** What a crash can lose of a stream, in its text and in time. */
const progressBytes = 8 * 1024
const progressMs = 2000
/** A client that takes nothing for so long is treated as gone. */
const clientStallMaxMs = 120_000
/** How long the upstream is read on for a client that is gone. */
const drainMaxMs = 120_000

/** What was seen of an answer, for billing it. */
export interface SeenAnswer {
  usage: Usage | undefined
  rawUsage: unknown
  outputBytes: number
}

export interface RejectedAnswer {
  kind: 'failed'
  failure: UpstreamFailure
  /** Set when the provider may have consumed something: it had begun to answer, or had the request and was too slow. */
  seen: SeenAnswer | undefined
  /** The provider's own error answer, for relaying it verbatim. */
  body: Buffer
  contentType: string | undefined
  upstreamRequestId: string | undefined
}

export interface CompletedAnswer {
  kind: 'answered'
  /** Undefined when the answer is whole; else what ended it after the commit point. */
  failure: UpstreamFailure | undefined
  source: ResponseTransform | PlainAnswer
  isClientGone: boolean
  firstTokenMs: number | undefined
  upstreamRequestId: string | undefined
}

export type RelayOutcome = RejectedAnswer | CompletedAnswer

export interface RelayOptions {
  response: ServerResponse
  answer: Answer
  /** Ours on every answer, as a flat [name, value, …] list. */
  headers: readonly string[]
  /** What the client is told of an answer that the provider gives whole, and of one that it streams. */
  contentTypes: { readonly whole: string; readonly streamed: string }
  /** Said into a stream that is silent for long; undefined where the provider's own bytes are passed on. */
  signOfLife: Buffer | undefined
  requestIdHeader: string
  /** What a long stream has come to, every few seconds or kilobytes of it. */
  onProgress: (seen: SeenAnswer) => void
  startedMs: number
  clock: Clock
  timers: Timers
  decodeFailure: (status: number, headers: HeaderView, body: string) => UpstreamFailure
  /** What the vendor means by an error inside a 200 answer, where the wire says it otherwise. */
  refineFailure: (failure: UpstreamFailure) => UpstreamFailure
}

type Phase = 'waiting' | 'failing' | 'plain' | 'held' | 'streaming' | 'done'

export class Relay implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<RelayOutcome>
  readonly #options: RelayOptions
  #resolve: (outcome: RelayOutcome) => void = () => undefined
  #phase: Phase = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: HeaderView = {}
  #transform: ResponseTransform | undefined
  #plain: PlainAnswer | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #firstTokenMs: number | undefined
  #isClientGone = false
  #isUnsent = false
  /** A byte of the body was seen. */
  #hasBegun = false
  #cancelTimer: CancelTimer | undefined
  #cancelDrain: CancelTimer | undefined
  #keepAlive: KeepAlive | undefined
  #toldBytes = 0
  #toldMs: number

  constructor(options: RelayOptions) {
    this.#options = options
    this.#toldMs = options.clock.monotonic()
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** The client's connection closed before its answer was complete. */
  clientGone(): void {
    if (this.#isClientGone) return
    this.#isClientGone = true
    this.#controller?.resume()
    this.#stopTimer()
    this.#keepAlive?.stop()
    if (this.#phase === 'done') return
    this.#cancelDrain = this.#options.timers.after(drainMaxMs, () => this.#controller?.abort(new Abandoned()))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It left while the request was waiting for a connection: nothing has been sent yet, and nothing is.
    if (this.#isClientGone) {
      this.#isUnsent = true
      controller.abort(new Abandoned())
    }
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: HeaderView): void {
    if (status < 200) return
    // A compressed answer is paused and resumed behind its unpacking.
    this.#controller = controller
    this.#status = status
    this.#headers = headers
    if (status >= 300) this.#phase = 'failing'
    else if (isEventStream(headers)) {
      this.#phase = 'held'
      this.#transform = this.#options.answer.createTransform()
    } else this.#phase = 'plain'
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#hasBegun = true
    switch (this.#phase) {
      case 'held':
      case 'streaming':
        this.#pass(controller, chunk)
        return
      case 'plain':
        this.#hold(chunk)
        if (this.#heldBytes > plainBodyBytesMax) this.#fail(controller, failureOf('server-error', 'answer_too_large'))
        return
      case 'failing':
        if (this.#heldBytes < failureBodyBytesMax) this.#hold(chunk)
        return
      case 'waiting':
      case 'done':
      // Bytes behind the end of an answer mean nothing.
    }
  }

  onResponseEnd(): void {
    switch (this.#phase) {
      case 'failing':
        this.#rejected(this.#decodeFailure())
        return
      case 'plain':
        this.#endPlain()
        return
      case 'held':
      case 'streaming':
        this.#endStream()
        return
      case 'waiting':
      case 'done':
      // Already decided.
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#phase === 'done') return
    const failure =
      this.#phase === 'failing' ? this.#decodeFailure() : transportFailure(error, this.#phase !== 'waiting')
    if (this.#phase === 'streaming') this.#answered(failure)
    else this.#rejected(failure)
  }

  /** Ends the client's answer: the bytes kept back, then what closes it. */
  finish(closing: Closing, errorTail: Buffer | undefined): void {
    if (this.#isClientGone) return
    const { response } = this.#options
    if (this.#plain) {
      const body = this.#plain.close(closing)
      this.#writeHead(this.#options.contentTypes.whole, body.length)
      // As a string the body leaves in one write with the headers; as a buffer it would be a second one (measured: −3 µs).
      if (body.length > stringBodyBytesMax) deliver(response, body, this.#options.timers)
      else {
        response.end(body.toString('latin1'), 'latin1')
        watchDelivery(response, this.#options.timers)
      }
      return
    }
    if (!response.headersSent) this.#writeHead(this.#options.contentTypes.streamed, undefined)
    const tail = errorTail ?? this.#transform?.close(closing)
    if (tail) this.#held.push(tail)
    deliver(response, joined(this.#held), this.#options.timers)
  }

  #pass(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const transform = this.#transform
    if (!transform) return
    const bytes = transform.push(chunk)
    if (transform.failure) {
      this.#failInside(controller, this.#options.refineFailure(transform.failure), bytes)
      return
    }
    if (transform.finished) {
      if (bytes) this.#hold(bytes)
      this.#markFirstToken()
      this.#answered(undefined)
      return
    }
    if (this.#phase === 'streaming') {
      if (bytes) this.#write(controller, bytes)
      this.#tellProgress(transform)
      return
    }
    if (bytes) this.#hold(bytes)
    if (transform.committed || this.#heldBytes > heldBytesMax) this.#commit()
    else if (!this.#cancelTimer) this.#startTimer(heldTimeMaxMs, () => this.#commit())
  }

  #tellProgress(transform: ResponseTransform): void {
    const { clock, onProgress } = this.#options
    const nowMs = clock.monotonic()
    if (transform.outputBytes - this.#toldBytes < progressBytes && nowMs - this.#toldMs < progressMs) return
    this.#toldBytes = transform.outputBytes
    this.#toldMs = nowMs
    onProgress(transform)
  }

  /** An error event inside a 200 answer: before the commit point another account may answer instead. */
  #failInside(controller: Dispatcher.DispatchController, failure: UpstreamFailure, bytes: Buffer | undefined): void {
    if (this.#phase === 'held') {
      this.#fail(controller, failure)
      return
    }
    if (bytes) this.#hold(bytes)
    this.#answered(failure)
    controller.abort(new AnswerEnded())
  }

  #commit(): void {
    if (this.#phase !== 'held') return
    this.#stopTimer()
    this.#phase = 'streaming'
    this.#markFirstToken()
    if (this.#isClientGone) {
      this.#held = []
      return
    }
    const { response } = this.#options
    this.#writeHead(this.#options.contentTypes.streamed, undefined)
    // The first piece goes the ordinary way, so that it leaves together with the headers.
    const held = joined(this.#held)
    this.#held = []
    const controller = this.#controller
    // Pieces after this one go to the socket itself, so the headers must be on their way even if nothing was held.
    if (held.length === 0) response.flushHeaders()
    else if (controller && !response.write(held)) this.#waitForClient(controller)
    const { signOfLife, timers } = this.#options
    if (signOfLife) this.#keepAlive = keepAlive(response, signOfLife, timers)
  }

  #write(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#keepAlive?.noteWritten()
    if (!this.#isClientGone && !writeChunk(this.#options.response, bytes)) this.#waitForClient(controller)
  }

  /** The client takes less than the provider gives: the provider is paused until it does. */
  #waitForClient(controller: Dispatcher.DispatchController): void {
    const { response } = this.#options
    controller.pause()
    this.#startTimer(clientStallMaxMs, () => response.destroy())
    // Pieces go to the socket itself, so it is the socket that says when there is room again.
    const full = response.socket ?? response
    full.once('drain', () => {
      this.#stopTimer()
      controller.resume()
    })
  }

  #endPlain(): void {
    const body = joined(this.#held)
    const plain = this.#options.answer.readPlain(body)
    if (!plain) {
      this.#rejected(failureOf('server-error', 'malformed_answer'))
      return
    }
    this.#plain = plain
    if (plain.failure) {
      this.#rejected(this.#options.refineFailure(plain.failure))
      return
    }
    this.#held = []
    this.#markFirstToken()
    this.#answered(undefined)
  }

  #endStream(): void {
    const transform = this.#transform
    const rest = transform?.end()
    if (rest) this.#hold(rest)
    if (transform?.failure && this.#phase === 'held') this.#rejected(transform.failure)
    else if (transform?.finished) this.#answered(transform.failure)
    else if (this.#phase === 'held') this.#rejected(failureOf('cut', 'no_content'))
    else this.#answered(transform?.failure ?? failureOf('cut', 'stream_cut'))
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #fail(controller: Dispatcher.DispatchController, failure: UpstreamFailure): void {
    this.#rejected(failure)
    controller.abort(new AnswerEnded())
  }

  #rejected(failure: UpstreamFailure): void {
    const seen = this.#seen(failure)
    const body = this.#phase === 'failing' ? Buffer.concat(this.#held) : Buffer.alloc(0)
    this.#decide({
      kind: 'failed',
      failure,
      seen,
      body: this.#options.answer.adaptRejection?.(body) ?? body,
      contentType: headerOf(this.#headers, 'content-type'),
      upstreamRequestId: headerOf(this.#headers, this.#options.requestIdHeader),
    })
  }

  /** What the provider may bill of an answer that failed before its first content. */
  #seen(failure: UpstreamFailure): SeenAnswer | undefined {
    // Too slow to answer is not the same as not working. Who was never reached, or ended without a byte of an answer, has not
    // worked: headers alone are no answer (T34).
    const isLate = failure.kind === 'timeout' || failure.kind === 'abandoned'
    // Without a controller no connection was ever made.
    if (this.#isUnsent || this.#controller === undefined || (!this.#hasBegun && !isLate)) return undefined
    const source = this.#transform ?? this.#plain
    switch (this.#phase) {
      case 'waiting':
        return nothingSeen
      case 'plain':
      case 'held':
      case 'streaming':
        // The bytes of a broken body stand for its text.
        if (!source) return { ...nothingSeen, outputBytes: this.#heldBytes }
        if (!source.failure || source.usage) return source
        // The provider's own error in place of an answer: what it had reported before is all that it bills.
        if (!isBrokenAnswer(source.failure)) return undefined
        return { ...nothingSeen, outputBytes: this.#transform?.outputBytes ?? this.#heldBytes }
      case 'failing':
      case 'done':
        return undefined
    }
  }

  #answered(failure: UpstreamFailure | undefined): void {
    const source = this.#plain ?? this.#transform
    if (!source) return
    this.#decide({
      kind: 'answered',
      failure,
      source,
      isClientGone: this.#isClientGone,
      firstTokenMs: this.#firstTokenMs,
      upstreamRequestId: headerOf(this.#headers, this.#options.requestIdHeader),
    })
  }

  #decide(outcome: RelayOutcome): void {
    this.#stopTimer()
    this.#cancelDrain?.()
    this.#keepAlive?.stop()
    this.#phase = 'done'
    this.#resolve(outcome)
  }

  #decodeFailure(): UpstreamFailure {
    const text = Buffer.concat(this.#held).toString('utf8')
    return this.#options.decodeFailure(this.#status, this.#headers, text)
  }

  #writeHead(contentType: string, length: number | undefined): void {
    const headers = ['content-type', contentType, ...this.#options.headers]
    if (length === undefined) headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no')
    else headers.push('content-length', String(length))
    this.#options.response.writeHead(200, headers)
  }

  #markFirstToken(): void {
    this.#firstTokenMs ??= this.#options.clock.monotonic() - this.#options.startedMs
  }

  #startTimer(afterMs: number, work: () => void): void {
    this.#stopTimer()
    this.#cancelTimer = this.#options.timers.after(afterMs, work)
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}

/** Given to undici as the reason when the answer is over for us before the upstream has ended it. */
class AnswerEnded extends Error {
  override readonly name = 'AnswerEnded'
}

/** The client is gone: nothing has been sent yet, or the upstream was read on for as long as is allowed. */
class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

const nothingSeen: SeenAnswer = Object.freeze({ usage: undefined, rawUsage: undefined, outputBytes: 0 })

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
}

function isEventStream(headers: HeaderView): boolean {
  return headerOf(headers, 'content-type')?.startsWith('text/event-stream') ?? false
}

function headerOf(headers: HeaderView, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

function failureOf(kind: UpstreamFailure['kind'], code: string): UpstreamFailure {
  return { kind, status: undefined, code, message: code, retryAfterMs: undefined }
}

const destroyedCode = 'UND_ERR_DESTROYED'
const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

function transportFailure(error: Error, hasBegun: boolean): UpstreamFailure {
  if (error instanceof Abandoned) return failureOf('abandoned', 'client_gone')
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  // Connections are destroyed by ourselves only, when stopping takes too long: that says nothing about the account, and what
  // was sent may be billed.
  if (code === destroyedCode) return failureOf('abandoned', 'gateway_stopping')
  if (timeoutCodes.has(code)) return failureOf('timeout', code)
  return failureOf(hasBegun ? 'cut' : 'connection', code)
}
