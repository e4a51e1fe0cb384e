// Sends an answer frame by frame: pace, write boundaries, interruptions, and the moment of billing, which is before the
// last byte leaves. It decides nothing about what is sent; exchange.ts hands it everything.
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from './clock.ts'
import type { Compressor } from './compression.ts'
import { createCompressor } from './compression.ts'
import { interruptionAt } from './disruption.ts'
import type { Fault } from './fault-script.ts'
import type { Outcome } from './ledger.ts'
import type { Random } from './random.ts'
import type { Frame } from './vendor.ts'

/** Share of writes that leave in two pieces, the way large records straddle network packets. */
const SPLIT_WRITE_SHARE = 0.1

export interface Shipment {
  response: ServerResponse
  status: number
  headers: Record<string, string>
  streamed: boolean
  /** What the request accepts, as its header says. */
  acceptEncoding: string
  frames: Iterable<Frame>
  fault: Fault | null
  /** Already scaled by the simulator's speed. */
  firstTokenMs: number
  perTokenMs: number
  clock: Clock
  gone: AbortSignal
  random: Random
  errorFrame(eventsBefore: number): string
  /** `outputTokens` null: the vendor had not begun to answer. Called exactly once. */
  bill(outcome: Outcome, outputTokens: number | null, reasoningTokens: number): void
}

interface Progress {
  firstTokenAtMs: number
  chunks: number
  outputTokens: number
  reasoningTokens: number
  /** Text of frames that leave together with the next one. */
  held: string
  compressor: Compressor | null
}

export async function deliver(shipment: Shipment): Promise<void> {
  const { clock, gone, fault, bill } = shipment
  const slowMs = fault?.kind === 'slow-first-token' ? fault.ms : 0
  const firstTokenAtMs = clock.now() + shipment.firstTokenMs + slowMs
  const compressor = fault?.kind === 'compress' ? createCompressor(fault.encoding, shipment.acceptEncoding) : null
  const progress: Progress = { firstTokenAtMs, chunks: 0, outputTokens: 0, reasoningTokens: 0, held: '', compressor }
  if (compressor !== null) shipment.headers = compressedHeaders(shipment.headers, compressor)
  if (shipment.streamed) sendHead(shipment)

  const frames = shipment.frames[Symbol.iterator]()
  for (let step = frames.next(); step.done !== true;) {
    const frame = step.value
    await waitUntilDue(shipment, progress, frame)
    if (gone.aborted) return billGone(shipment, progress, frame)
    if (await interrupt(shipment, progress)) return
    progress.chunks += 1
    progress.outputTokens += frame.outputTokens
    progress.reasoningTokens += frame.reasoningTokens ?? 0
    progress.held += frame.text
    step = frames.next()
    if (step.done === true) break
    if (frame.joinsNext !== true || interruptionAt(fault, progress.chunks) !== null) await flush(shipment, progress)
    if (gone.aborted) return bill('client-gone', progress.outputTokens, progress.reasoningTokens)
  }
  bill(fault?.kind === 'truncated-json' ? 'cut' : 'ok', progress.outputTokens, progress.reasoningTokens)
  await flush(shipment, progress)
  if (compressor !== null) await write(shipment.response, await compressor.end())
  shipment.response.end()
}

function compressedHeaders(headers: Record<string, string>, { encoding }: Compressor): Record<string, string> {
  const { 'content-length': _length, ...others } = headers
  return { ...others, 'content-encoding': encoding, vary: 'Accept-Encoding' }
}

function sendHead({ response, status, headers }: Shipment): void {
  if (response.headersSent) return
  response.writeHead(status, headers)
  response.flushHeaders()
}

async function waitUntilDue(shipment: Shipment, progress: Progress, frame: Frame): Promise<void> {
  const { clock, gone, perTokenMs } = shipment
  // A body is complete only when its last token is; a stream's event is due with its own tokens.
  const tokens = progress.outputTokens + frame.outputTokens
  const dueAtMs = progress.firstTokenAtMs + tokens * perTokenMs
  const waitMs = dueAtMs - clock.now()
  if (waitMs > 0) await clock.delay(waitMs, gone)
  // Even an answer without delays lets the event loop turn, or a vanished client would go unnoticed to the end.
  else if (!gone.aborted) await nextTurn()
}

/** What a client who left is billed: what was sent of a stream; of a body, what its time had sufficed to generate. */
function billGone(shipment: Shipment, progress: Progress, frame: Frame): void {
  const { bill, clock, streamed, perTokenMs } = shipment
  if (progress.chunks > 0) return bill('client-gone', progress.outputTokens, progress.reasoningTokens)
  const elapsedMs = clock.now() - progress.firstTokenAtMs
  if (streamed || elapsedMs < 0 || perTokenMs === 0) return bill('client-gone', null, 0)
  // A model thinks before it speaks.
  const generated = Math.min(frame.outputTokens, Math.floor(elapsedMs / perTokenMs))
  bill('client-gone', generated, Math.min(generated, frame.reasoningTokens ?? 0))
}

/** Answers true when the answer ended here. */
async function interrupt(shipment: Shipment, progress: Progress): Promise<boolean> {
  const { fault, response, clock, gone, bill } = shipment
  const interruption = interruptionAt(fault, progress.chunks)
  if (interruption === null) return false
  const begun = progress.chunks > 0 ? progress.outputTokens : null
  const { reasoningTokens } = progress
  if (interruption === 'stall') {
    const stallMs = fault?.kind === 'stall' ? fault.ms : 0
    await clock.delay(stallMs, gone)
    if (gone.aborted) bill('client-gone', begun, reasoningTokens)
    return gone.aborted
  }
  if (interruption === 'error') {
    bill('error', begun, reasoningTokens)
    progress.held = shipment.errorFrame(progress.chunks)
    await flush(shipment, progress)
    response.end()
    return true
  }
  bill('cut', begun, reasoningTokens)
  sendHead(shipment)
  await drained(response)
  if (interruption === 'reset') response.socket?.resetAndDestroy()
  else response.socket?.destroySoon()
  return true
}

/** Waits until what was written is with the kernel: a reset would otherwise take it along. */
function drained(response: ServerResponse): Promise<void> {
  const socket = response.socket
  if (socket === null || socket.destroyed || socket.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => {
    socket.write('', () => resolve())
  })
}

async function flush(shipment: Shipment, progress: Progress): Promise<void> {
  const plain = Buffer.from(progress.held)
  const bytes = progress.compressor === null ? plain : await progress.compressor.push(plain)
  progress.held = ''
  sendHead(shipment)
  for (const piece of pieces(bytes, shipment)) await write(shipment.response, piece)
}

function* pieces(bytes: Buffer, { fault, random, streamed }: Shipment): Generator<Buffer> {
  if (fault?.kind === 'rechunk') {
    for (let start = 0; start < bytes.length; start += fault.bytes) yield bytes.subarray(start, start + fault.bytes)
    return
  }
  if (streamed && bytes.length > 1 && random.unit() < SPLIT_WRITE_SHARE) {
    const middle = random.integer(1, bytes.length - 1)
    yield bytes.subarray(0, middle)
    yield bytes.subarray(middle)
    return
  }
  if (bytes.length > 0) yield bytes
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> | undefined {
  if (response.destroyed || response.write(bytes)) return undefined
  return new Promise((resolve) => {
    const finish = () => {
      response.off('drain', finish)
      response.off('close', finish)
      resolve()
    }
    response.on('drain', finish)
    response.on('close', finish)
  })
}
