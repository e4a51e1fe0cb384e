// One keep-alive connection of fast mode: reads requests in order and answers each with fixed bytes. While a paced
// stream runs, later requests of the connection wait, as HTTP/1.1 demands.
import type { Socket } from 'node:net'
import type { Counter, KeyCounts } from './counts.ts'
import type { EventGroup, FixedAnswer, FixedRoute, FixedRoutes } from './fixed-answers.ts'
import { wholeResponse } from './fixed-answers.ts'
import type { FastRequest, ReaderFailure, RequestHead } from './request-reader.ts'
import { asksForStream, RequestReader } from './request-reader.ts'
import type { StreamWheel, WheelStream } from './stream-wheel.ts'

/** A reader this far behind is not reading; its connection is closed rather than buffered without end. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024

/** What a client may send ahead, be it one large prompt or many small requests behind a running stream. */
const PENDING_BYTES_MAX = 33 * 1024 * 1024

const FAILURES: Record<ReaderFailure, [status: number, reason: string]> = {
  'head-too-large': [431, 'Request Header Fields Too Large'],
  'body-too-large': [413, 'Content Too Large'],
  'length-required': [411, 'Length Required'],
}

const NOT_FOUND = wholeResponse(404, 'Not Found', Buffer.from('{"error":"no such path"}'))

export interface FastServer {
  routes: FixedRoutes
  counter: Counter
  /** Null for the immediate burst. */
  wheel: StreamWheel | null
  /** What is asked for at the simulator's own paths and at the models' paths. */
  describe(method: string, path: string): Buffer | null
}

export class FastConnection {
  readonly #socket: Socket
  readonly #server: FastServer
  readonly #reader = new RequestReader()
  #meaning: Meaning | null = null
  #isClosing = false
  #stream: PacedStream | null = null

  constructor(socket: Socket, server: FastServer) {
    this.#socket = socket
    this.#server = server
    socket.setNoDelay(true)
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('close', () => this.#leaveWheel())
    // A reset connection is followed by `close`; a load generator that ends leaves many.
    socket.on('error', () => {})
  }

  #receive(piece: Buffer): void {
    this.#reader.push(piece)
    this.#work()
    if (this.#reader.pendingBytes > PENDING_BYTES_MAX) this.#socket.destroy()
  }

  #work(): void {
    while (this.#stream === null && !this.#isClosing) {
      const request = this.#reader.next()
      if (request === null) break
      this.#answer(request)
    }
    if (this.#reader.failure !== null) {
      const [status, reason] = FAILURES[this.#reader.failure]
      this.#socket.end(wholeResponse(status, reason, Buffer.from('{}'), 'Connection: close\r\n'))
    } else if (this.#isClosing && this.#stream === null) this.#socket.end()
  }

  #answer({ head, body }: FastRequest): void {
    if (this.#meaning?.head !== head) this.#meaning = understand(head, this.#server)
    const { route, counts, method, path, closes } = this.#meaning
    this.#isClosing = closes
    if (route === null || counts === null) {
      this.#socket.write(this.#server.describe(method, path) ?? NOT_FOUND)
      return
    }
    counts.requests += 1
    if (route.streams ?? asksForStream(body)) this.#startStream(route.answer, counts)
    else this.#socket.write(route.answer.whole)
  }

  #startStream(fixed: FixedAnswer, counts: KeyCounts): void {
    counts.streams += 1
    const { wheel } = this.#server
    if (wheel === null) {
      counts.events += fixed.burstEvents
      this.#socket.write(fixed.burst)
      return
    }
    this.#socket.write(fixed.streamHead)
    const stream: PacedStream = { groups: fixed.stream, counts, sent: 0, advance: () => this.#advance(stream) }
    this.#stream = stream
    wheel.join(stream)
  }

  #advance(stream: PacedStream): boolean {
    const group = stream.groups[stream.sent]
    if (group === undefined || this.#socket.writableLength > UNSENT_BYTES_MAX) {
      this.#socket.destroy()
      return false
    }
    stream.sent += 1
    stream.counts.events += group.events
    this.#socket.write(group.bytes)
    if (stream.sent < stream.groups.length) return true
    this.#stream = null
    // In the next turn, because this one belongs to the wheel.
    setImmediate(() => this.#work())
    return false
  }

  #leaveWheel(): void {
    if (this.#stream !== null) this.#server.wheel?.leave(this.#stream)
  }
}

interface PacedStream extends WheelStream {
  groups: readonly EventGroup[]
  counts: KeyCounts
  sent: number
}

/** What a head asks for, kept as long as the connection repeats it. */
interface Meaning {
  head: RequestHead
  method: string
  path: string
  route: FixedRoute | null
  counts: KeyCounts | null
  closes: boolean
}

function understand(head: RequestHead, server: FastServer): Meaning {
  const { text } = head
  const [method = '', target = ''] = text.slice(0, text.indexOf('\r\n')).split(' ')
  const [path = target] = target.split('?', 1)
  const route = method === 'POST' ? server.routes(path) : null
  const counts = route === null ? null : server.counter.of(keyOf(text, target))
  return { head, method, path, route, counts, closes: /\r\nconnection: *close/i.test(text) }
}

function keyOf(head: string, target: string): string {
  const key = /\r\n(?:authorization: *bearer +|x-api-key: *|x-goog-api-key: *)([^\r]+)/i.exec(head)?.[1]
  return key ?? /[?&]key=([^&]+)/.exec(target)?.[1] ?? ''
}
