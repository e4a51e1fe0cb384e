// Listens to a generateContent stream that passes through: usage, errors, the end, and how much text went by. Every event of
// this wire carries usage, so every event is parsed.
import { textKeys } from '../byte-search.ts'
import { parseRecord } from '../lenient-json.ts'
import type { Listener } from '../native-stream.ts'
import { readStreamError } from './errors.ts'
import { readUsage } from './usage.ts'
import { readGenerateAnswer } from './wire.ts'

export const answerTextKeys = textKeys('text')

export function createListener(): Listener {
  let hasEnd = false
  return {
    see({ data, dataStart, dataEnd }, notes) {
      const json = dataStart < 0 ? undefined : parseRecord(data, dataStart, dataEnd)
      if (json === undefined) return
      const answer = readGenerateAnswer(json)
      if (answer.error !== undefined) {
        notes.failure = readStreamError(answer.error)
        return
      }
      if (answer.hasContent) notes.committed = true
      if (answer.finishReason !== undefined || answer.blockReason !== undefined) hasEnd = true
      notes.outputBytes += answer.textBytes
      const usage = answer.usage && readUsage(answer.usage)
      if (usage === undefined) return
      notes.usage = usage
      notes.rawUsage = answer.usage
      notes.usageFinal = hasEnd
    },
    end(notes) {
      notes.finished = hasEnd
      if (hasEnd) notes.committed = true
    },
  }
}
