// Listens to a Responses stream that passes through: usage, errors, the end, and how much text went by. Changes no byte. Deltas,
// nearly all of a stream, are known by how their data begins and are not parsed once content was seen.
import { countTextBytes, standsAt, textKeys } from '../byte-search.ts'
import { skipString } from '../json-scan.ts'
import { asRecord, asText, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { AnswerNotes, Listener } from '../native-stream.ts'
import { readStreamError } from './errors.ts'
import { storedIdsOf } from './stored.ts'
import { usageOf } from './usage.ts'
import { readResponse } from './wire.ts'

const typeStart = Buffer.from('{"type":"')
const deltaEnd = Buffer.from('.delta')
const deltaKeys = textKeys('delta')
/** Keys of a complete answer's text. */
export const answerTextKeys = textKeys('text', 'refusal', 'arguments', 'input')

export interface ResponsesListener extends Listener {
  /** Events seen so far, which is the number of the next one. */
  readonly eventCount: number
  /** The response as it was opened. */
  readonly response: JsonRecord
  /** Ids of the complete response and its items; empty before. */
  readonly storedIds: readonly string[]
}

export function createListener(): ResponsesListener {
  let eventCount = 0
  let response: JsonRecord = {}
  const storedIds: string[] = []
  return {
    get eventCount() {
      return eventCount
    },
    get response() {
      return response
    },
    storedIds,
    see({ data, dataStart, dataEnd }, notes) {
      if (dataStart < 0 || notes.finished) return
      eventCount++
      const isKnown = isDelta(data, dataStart, dataEnd)
      if (isKnown) {
        notes.outputBytes += countTextBytes(data, dataStart, dataEnd, deltaKeys)
        if (notes.committed) return
      }
      const json = parseRecord(data, dataStart, dataEnd)
      if (json === undefined) return
      // Written by a server that sets its members in another order, or blanks between them.
      if (!isKnown && typeof json['delta'] === 'string') notes.outputBytes += Buffer.byteLength(json['delta'])
      if (json['type'] === 'response.created') response = asRecord(json['response']) ?? response
      note(json, notes)
      if (notes.finished) storedIds.push(...storedIdsOf(asRecord(json['response']) ?? {}))
    },
  }
}

/** `{"type":"response.….delta"`, in one look at either end of the type. */
function isDelta(data: Buffer, dataStart: number, dataEnd: number): boolean {
  if (!standsAt(data, dataStart, typeStart)) return false
  const typeAfter = skipString(data, dataStart + typeStart.length, dataEnd)
  return typeAfter > 0 && standsAt(data, typeAfter - 1 - deltaEnd.length, deltaEnd)
}

/** What comes before the first content: another account can still answer. */
const prefaces: ReadonlySet<unknown> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
  'keepalive',
])

function note(json: JsonRecord, notes: AnswerNotes): void {
  const { type } = json
  switch (type) {
    case 'error':
      notes.failure = readStreamError(json)
      return
    case 'response.failed':
      noteUsage(json, notes)
      notes.failure = readStreamError(asRecord(json['response']) ?? {})
      return
    case 'response.completed':
    case 'response.incomplete':
      noteUsage(json, notes)
      notes.finished = true
      notes.committed = true
      return
    case 'response.output_item.added': {
      const itemType = asRecord(json['item'])?.['type']
      if (itemType !== 'message' && itemType !== 'reasoning') notes.committed = true
      return
    }
    default:
      if (asText(type) !== undefined && !prefaces.has(type) && json['delta'] !== '') notes.committed = true
  }
}

function noteUsage(json: JsonRecord, notes: AnswerNotes): void {
  const response = readResponse(asRecord(json['response']) ?? {})
  const usage = usageOf(response)
  if (usage === undefined) return
  notes.usage = usage
  notes.rawUsage = response.usage
  notes.usageFinal = true
}
