// One keep-alive connection of fast mode: reads requests in order and answers each with fixed bytes. While a paced stream
// runs, later requests of the connection wait, as HTTP/1.1 demands.
import type { Socket } from 'node:net'
import type { Counter, KeyCounts } from './counts.ts'
import type { EventGroup, FixedAnswer, FixedRoute, FixedRoutes } from './fixed-answers.ts'
import { wholeResponse } from './fixed-answers.ts'
import type { FastRequest, ReaderFailure, RequestHead } from './request-reader.ts'
import { asksForStream, RequestReader } from './request-reader.ts'
import type { StreamWheel } from './stream-wheel.ts'

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

export function serveConnection(socket: Socket, server: FastServer): void {
  const reader = new RequestReader()
  const state = { isStreaming: false, isClosing: false, sent: 0 }
  let meaning: Meaning | null = null
  let leaveWheel: (() => void) | null = null
  socket.setNoDelay(true)

  function work(): void {
    while (!state.isStreaming && !state.isClosing) {
      const request = reader.next()
      if (request === null) break
      answer(request)
    }
    if (state.isClosing && !state.isStreaming) socket.end()
    if (reader.failure !== null) {
      const [status, reason] = FAILURES[reader.failure]
      socket.end(wholeResponse(status, reason, Buffer.from('{}'), 'Connection: close\r\n'))
    }
  }

  function answer({ head, body }: FastRequest): void {
    if (meaning === null || meaning.head !== head) meaning = understand(head, server)
    const { route, counts } = meaning
    state.isClosing = meaning.closes
    if (route === null || counts === null) {
      socket.write(server.describe(meaning.method, meaning.path) ?? NOT_FOUND)
      return
    }
    counts.requests += 1
    if (route.streams ?? asksForStream(body)) startStream(route.answer, counts)
    else socket.write(route.answer.whole)
  }

  function startStream(fixed: FixedAnswer, counts: KeyCounts): void {
    counts.streams += 1
    const { wheel } = server
    if (wheel === null) {
      counts.events += fixed.burstEvents
      socket.write(fixed.burst)
      return
    }
    state.isStreaming = true
    socket.write(fixed.streamHead)
    const stream = { advance: () => advance(fixed.stream, counts) }
    state.sent = 0
    leaveWheel = () => wheel.leave(stream)
    wheel.join(stream)
  }

  function advance(groups: readonly EventGroup[], counts: KeyCounts): boolean {
    const group = groups[state.sent]
    if (group === undefined || socket.writableLength > UNSENT_BYTES_MAX) {
      socket.destroy()
      return false
    }
    state.sent += 1
    counts.events += group.events
    socket.write(group.bytes)
    if (state.sent < groups.length) return true
    state.isStreaming = false
    leaveWheel = null
    // In the next turn, because this one belongs to the wheel.
    setImmediate(work)
    return false
  }

  socket.on('data', (piece: Buffer) => {
    reader.push(piece)
    work()
    if (reader.pendingBytes > PENDING_BYTES_MAX) socket.destroy()
  })
  socket.on('close', () => leaveWheel?.())
  // A reset connection is followed by `close`; a load generator that ends leaves many.
  socket.on('error', () => {})
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
