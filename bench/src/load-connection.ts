// One keep-alive connection of the load generator on a raw socket: sends the request, reads the whole answer, verifies
// it, and sends the next. Anything but a complete, right answer fails the run: errors must never count as speed.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { LoadCounts, LoadPlan } from './load-plan.ts'
import { ResponseReader } from './response-reader.ts'

/** Of an answer that is not as expected, this much is shown. */
const shownCharacters = 300
const lineFeed = 0x0a

export interface LoadConnection {
  /** Sends no more; what was begun is read to its end, because a server may have work with an answer that is cut. */
  finish(): void
}

export interface LoadObserver {
  counts: LoadCounts
  onAnswer(latencyMs: number): void
  onFinished(): void
  onFailure(why: string): void
}

export function openConnection(plan: LoadPlan, observer: LoadObserver): LoadConnection {
  const request = requestBytes(plan)
  const answer = { status: 0, body: '', startedAt: 0 }
  const countEvents = createEventCounter()
  let isClosed = false
  let isFinishing = false
  const socket: Socket = connect({ host: plan.host, port: plan.port, noDelay: true })

  const send = () => {
    answer.body = ''
    answer.startedAt = performance.now()
    socket.write(request)
  }
  const fail = (why: string) => {
    if (isClosed) return
    isClosed = true
    socket.destroy()
    observer.onFailure(why)
  }
  const reader = new ResponseReader({
    onHead: (status) => {
      answer.status = status
    },
    onBody: (piece) => {
      if (plan.kind === 'stream') observer.counts.events += countEvents(piece)
      // Of a stream only the end is kept: it holds the marker, and its pieces are far longer than the marker.
      const text = piece.toString('latin1')
      answer.body = plan.kind === 'stream' ? (answer.body + text).slice(-shownCharacters) : answer.body + text
    },
    onEnd: () => {
      if (isClosed) return
      if (answer.status !== 200 || !answer.body.includes(plan.marker)) {
        fail(`status ${answer.status}: ${answer.body.slice(0, shownCharacters)}`)
        return
      }
      observer.counts.answers += 1
      observer.onAnswer(performance.now() - answer.startedAt)
      if (isFinishing) close()
      else send()
    },
  })
  const close = () => {
    if (isClosed) return
    isClosed = true
    socket.destroy()
    observer.onFinished()
  }

  socket.on('connect', send)
  socket.on('data', (bytes) => {
    try {
      reader.push(bytes)
    } catch (error) {
      fail(String(error))
    }
  })
  socket.on('error', (error) => fail(String(error)))
  socket.on('close', () => fail('the server closed the connection'))
  return {
    finish() {
      isFinishing = true
    },
  }
}

/** How many events end in each piece of a stream. A blank line ends an event, and it may lie across two pieces. */
function createEventCounter(): (piece: Buffer) => number {
  let lastByte = 0
  return (piece) => {
    let count = 0
    for (const byte of piece) {
      if (byte === lineFeed && lastByte === lineFeed) count += 1
      lastByte = byte
    }
    return count
  }
}

function requestBytes({ host, port, path, headers, body }: LoadPlan): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}:${port}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
