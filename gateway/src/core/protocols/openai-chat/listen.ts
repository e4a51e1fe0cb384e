// Listens to a Chat Completions stream that passes through: usage, errors, the end, and how much text went by. Where usage
// was asked for by us and not by the client, it marks what only that request brought: the usage chunk and `"usage":null`.
import { ByteSearch, countTextBytes, memberValueStart, textKeys } from '../byte-search.ts'
import { closesOneLevel, findMember, removalSpan, scanObject } from '../json-scan.ts'
import { parseRecord } from '../lenient-json.ts'
import type { AnswerNotes, Listener } from '../native-stream.ts'
import type { SseReader } from '../sse.ts'
import { doneMarker, isLastUsage } from './decode-stream.ts'
import { readStreamError } from './errors.ts'
import { readUsage } from './usage.ts'
import { readChatAnswer, type ChatAnswer } from './wire.ts'

const braceOpen = 0x7b
const comma = 0x2c
const nullStart = 0x6e
const nullLength = 4
const usageWord = '"usage"'
const deltaWord = '"delta"'
export const answerTextKeys = textKeys(
  'content',
  'refusal',
  'reasoning_content',
  'reasoning',
  'arguments',
  'transcript',
)

export function createListener(stripsUsage: boolean): Listener {
  const usageSearch = new ByteSearch(usageWord)
  const errorSearch = new ByteSearch('"error"')
  const deltaSearch = new ByteSearch(deltaWord)

  function countText({ data, dataStart, dataEnd }: SseReader): number {
    let count = 0
    let at = deltaSearch.find(data, dataStart, dataEnd)
    while (at >= 0) {
      const value = memberValueStart(data, at, deltaWord.length, dataEnd)
      if (value >= 0) count += countTextBytes(data, value, dataEnd, answerTextKeys)
      at = deltaSearch.find(data, at + deltaWord.length, dataEnd)
    }
    return count
  }

  return {
    see(event, notes) {
      const { data, dataStart, dataEnd } = event
      if (dataStart < 0 || notes.finished) return
      if (data[dataStart] !== braceOpen) {
        seeMarker(event, notes)
        return
      }
      const usageAt = usageSearch.find(data, dataStart, dataEnd)
      const nullAt = usageAt < 0 ? -1 : topLevelNull(data, usageAt, dataEnd)
      const isPlain = usageAt < 0 || nullAt >= 0
      // The steady path: content that is known to be content, with nothing to read in it.
      if (notes.committed && isPlain && errorSearch.find(data, dataStart, dataEnd) < 0) {
        notes.outputBytes += countText(event)
      } else if (!lookInside(event, notes, stripsUsage)) notes.outputBytes += countText(event)
      if (stripsUsage && nullAt >= 0) cutNull(event, notes, usageAt, nullAt)
    },
  }
}

function seeMarker(event: SseReader, notes: AnswerNotes): void {
  if (event.data.toString('utf8', event.dataStart, event.dataEnd).trim() !== doneMarker) return
  notes.finished = true
  notes.committed = true
  notes.usageFinal = notes.usage !== undefined
}

/** Parses the event. Answers whether it was an error, which is nobody's answer text. */
function lookInside(event: SseReader, notes: AnswerNotes, stripsUsage: boolean): boolean {
  const json = parseRecord(event.data, event.dataStart, event.dataEnd)
  if (json === undefined) return false
  const answer = readChatAnswer(json, 'delta')
  if (answer.error !== undefined) {
    notes.failure = readStreamError(answer.error)
    return true
  }
  if (answer.hasContent) notes.committed = true
  const usage = answer.usage && readUsage(answer.usage, answer.serviceTier)
  if (usage) {
    notes.usage = usage
    notes.rawUsage = answer.usage
    notes.usageFinal = isLastUsage(answer)
  }
  if (stripsUsage && answer.usage !== undefined) cutUsage(event, notes, answer)
  return false
}

/** The value's place when the member found at `usageAt` is the event's own and null; nested ones are looked at closely. */
function topLevelNull(data: Buffer, usageAt: number, dataEnd: number): number {
  const value = memberValueStart(data, usageAt, usageWord.length, dataEnd)
  if (value < 0 || data[value] !== nullStart) return -1
  return closesOneLevel(data, value + nullLength, dataEnd) ? value : -1
}

/** Leaves `"usage":null` out. It mostly follows a comma at once; a scan finds the comma elsewhere. */
function cutNull(event: SseReader, notes: AnswerNotes, usageAt: number, nullAt: number): void {
  if (event.data !== event.bytes) return
  if (event.data[usageAt - 1] === comma) cut(notes, usageAt - 1, nullAt + nullLength)
  else cutMember(event, notes)
}

function cutUsage(event: SseReader, notes: AnswerNotes, answer: ChatAnswer): void {
  if (answer.choices === 0) cut(notes, event.start, event.end)
  else cutMember(event, notes)
}

function cutMember(event: SseReader, notes: AnswerNotes): void {
  if (event.data !== event.bytes) return
  const scan = scanObject(event.data, event.dataStart, event.dataEnd)
  const member = scan && findMember(scan, 'usage')
  if (!scan || !member) return
  const { start, end } = removalSpan(scan, member)
  cut(notes, start, end)
}

function cut(notes: AnswerNotes, start: number, end: number): void {
  notes.cutStart = start
  notes.cutEnd = end
}
