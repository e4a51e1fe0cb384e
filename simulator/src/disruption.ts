// What a fault does to the pieces of an answer: pure transformations of frames, and where a stream is to be
// interrupted. The sockets are delivery.ts's business.
import type { Fault } from './fault-script.ts'
import type { Frame } from './vendor.ts'

/** A body that is not streamed counts as chunks of this size, so that `cut` and its like apply to it too. */
const BODY_CHUNK_BYTES = 64

export type Interruption = 'cut' | 'reset' | 'stall' | 'error'

const INTERRUPTIONS: Partial<Record<Fault['kind'], Interruption>> = {
  cut: 'cut',
  'reset-mid-stream': 'reset',
  stall: 'stall',
  'error-in-stream': 'error',
}

/** What is to happen once `chunks` chunks are out. */
export function interruptionAt(fault: Fault | null, chunks: number): Interruption | null {
  if (fault === null || !('afterChunks' in fault) || fault.afterChunks !== chunks) return null
  return INTERRUPTIONS[fault.kind] ?? null
}

/** A whole body as frames. Its tokens are all generated before its first byte leaves. */
export function* bodyFrames(body: string, generated: Omit<Frame, 'text'>, fault: Fault | null): Generator<Frame> {
  const chunkLength = fault !== null && 'afterChunks' in fault ? BODY_CHUNK_BYTES : Math.max(1, body.length)
  // Cut by characters that are one byte each in JSON's own syntax; a Chinese character makes its chunk a little longer.
  for (let start = 0; start < body.length; start += chunkLength) {
    const text = body.slice(start, start + chunkLength)
    yield start === 0 ? { ...generated, text } : { text, outputTokens: 0 }
  }
}

export function disruptFrames(frames: Iterable<Frame>, fault: Fault | null, streamed: boolean): Iterable<Frame> {
  // A body that is not streamed is one event, whichever the script meant.
  if (fault?.kind === 'malformed-event') return malformAt(frames, streamed ? fault.at : 0)
  if (fault?.kind === 'truncated-json') return truncate(frames, streamed)
  return frames
}

function* malformAt(frames: Iterable<Frame>, at: number): Generator<Frame> {
  let index = 0
  for (const frame of frames) {
    yield index === at ? { ...frame, text: malform(frame.text) } : frame
    index += 1
  }
}

/** Takes away the last closing brace: the framing of the event stays right, its JSON does not. */
export function malform(text: string): string {
  const brace = text.lastIndexOf('}')
  return brace < 0 ? `{${text}` : text.slice(0, brace) + text.slice(brace + 1)
}

/** Ends, cleanly as far as HTTP goes, in the middle of the first frame that carries content. */
function* truncate(frames: Iterable<Frame>, streamed: boolean): Generator<Frame> {
  for (const frame of frames) {
    if (streamed && frame.outputTokens === 0) {
      yield frame
      continue
    }
    yield { ...frame, text: frame.text.slice(0, Math.floor(frame.text.length / 2)) }
    return
  }
}
