// The frame of every stream decoder: bytes → events of server-sent events → canonical events. A protocol gives the step
// from one parsed event to canonical ones. Total: text that is no JSON object is skipped where it cannot be an event and
// ends the answer with a failure where it should have been one.
import { brokenAnswer } from './broken-answer.ts'
import type { ChatEvent } from './chat.ts'
import { parseRecord, type JsonRecord } from './lenient-json.ts'
import type { StreamDecoder } from './protocol.ts'
import { SseReader } from './sse.ts'

export interface DecoderSteps {
  /** One event's JSON object; `name` is that of the `event` field. Adds what it means to `out`. */
  decode(json: JsonRecord, event: SseReader, out: ChatEvent[]): void
  /** Text that is no JSON object, such as an end marker. */
  decodeText?(text: string, out: ChatEvent[]): void
  /** The upstream ended regularly. */
  end?(out: ChatEvent[]): void
}

const braceOpen = 0x7b
/** End markers are a few letters; longer text without a brace means nothing in any of the wires. */
const markerBytesMax = 64

export function createSseDecoder(steps: DecoderSteps): StreamDecoder {
  const reader = new SseReader()
  let isOver = false

  function read(isRest: boolean): ChatEvent[] {
    const out: ChatEvent[] = []
    while (!isOver && reader.next()) {
      decodeEvent(reader, steps, isRest, out)
      const last = out.at(-1)?.type
      isOver = last === 'failure' || last === 'message-end'
    }
    if (reader.overflowed && !isOver) {
      isOver = true
      out.push({ type: 'failure', failure: brokenAnswer('event_too_large') })
    }
    return out
  }

  return {
    push(chunk) {
      if (isOver) return []
      reader.push(chunk)
      return read(false)
    },
    end() {
      if (isOver) return []
      reader.finish()
      const out = read(true)
      if (!isOver) steps.end?.(out)
      isOver = true
      return out
    },
  }
}

function decodeEvent(event: SseReader, steps: DecoderSteps, isRest: boolean, out: ChatEvent[]): void {
  const { data, dataStart, dataEnd } = event
  if (dataStart < 0 || dataStart >= dataEnd) return
  if (data[dataStart] !== braceOpen) {
    const textEnd = Math.min(dataEnd, dataStart + markerBytesMax)
    steps.decodeText?.(data.toString('utf8', dataStart, textEnd), out)
    return
  }
  const json = parseRecord(data, dataStart, dataEnd)
  if (json !== undefined) steps.decode(json, event, out)
  // The unterminated rest of a cut stream is no event; that the terminal one is missing tells the cut.
  else if (!isRest) out.push({ type: 'failure', failure: brokenAnswer('malformed_event') })
}
