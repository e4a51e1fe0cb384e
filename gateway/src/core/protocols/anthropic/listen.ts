// Listens to a Messages stream that passes through: usage, errors, the end, and how much text went by. Changes no byte.
// Deltas, nearly all of a stream, are known by how their data begins and are not parsed once content was seen.
import { countTextBytes, standsAt, textKeys } from '../byte-search.ts'
import { asRecord, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { AnswerNotes, Listener } from '../native-stream.ts'
import { readStreamError } from './errors.ts'
import { mergeUsage, readUsage } from './usage.ts'
import { holdsContent, typeOf } from './wire.ts'

const deltaStart = Buffer.from('{"type":"content_block_delta"')
const pingStart = Buffer.from('{"type":"ping"')
export const answerTextKeys = textKeys('text', 'thinking', 'partial_json')

export function createListener(): Listener {
  return {
    see(event, notes) {
      const { data, dataStart, dataEnd } = event
      if (dataStart < 0 || notes.finished) return
      if (standsAt(data, dataStart, pingStart)) return
      const isKnown = standsAt(data, dataStart, deltaStart)
      if (isKnown) {
        notes.outputBytes += countTextBytes(data, dataStart, dataEnd, answerTextKeys)
        if (notes.committed) return
      }
      const json = parseRecord(data, dataStart, dataEnd)
      if (json === undefined) return
      const type = typeOf(json, event)
      // Written by a server that sets its members in another order, or blanks between them.
      if (!isKnown && type === 'content_block_delta') notes.outputBytes += textBytesOf(asRecord(json['delta']) ?? {})
      note(type, json, notes)
    },
  }
}

function textBytesOf(delta: JsonRecord): number {
  const texts = [delta['text'], delta['thinking'], delta['partial_json']]
  return texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0), 0)
}

function note(type: string | undefined, json: JsonRecord, notes: AnswerNotes): void {
  switch (type) {
    case 'message_start':
      noteUsage(asRecord(asRecord(json['message'])?.['usage']), false, notes)
      return
    case 'content_block_start':
    case 'content_block_delta':
      if (holdsContent(json)) notes.committed = true
      return
    case 'message_delta':
      noteUsage(asRecord(json['usage']), true, notes)
      return
    case 'message_stop':
      notes.finished = true
      notes.committed = true
      return
    case 'error':
      notes.failure = readStreamError(asRecord(json['error']) ?? {})
      return
    default:
    // Pings, block ends and kinds of event that are still to come say nothing about the bill.
  }
}

function noteUsage(later: JsonRecord | undefined, isFinal: boolean, notes: AnswerNotes): void {
  if (later === undefined) return
  const raw = mergeUsage(asRecord(notes.rawUsage), later)
  const usage = readUsage(raw)
  if (usage === undefined) return
  notes.usage = usage
  notes.rawUsage = raw
  notes.usageFinal = isFinal
}
