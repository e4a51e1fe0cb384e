// Listens to a generateContent stream that passes through: usage, errors, the end, and how much text went by. Every event of
// this wire carries usage, so every event is parsed.
import { textKeys } from '../byte-search.ts'
import { parseRecord } from '../lenient-json.ts'
import type { Listener } from '../native-stream.ts'
import { readStatusError } from '../rpc-status.ts'
import { readUsage, withSearches } from './usage.ts'
import { readGenerateAnswer } from './wire.ts'

export const answerTextKeys = textKeys('text')

/** `choices`: how many candidates were asked for; the answer is whole when each has ended. */
export function createListener(choices = 1): Listener {
  const ended = new Set<number>()
  let isBlocked = false
  let searches = 0
  const hasEnd = () => isBlocked || ended.size >= choices
  return {
    see({ data, dataStart, dataEnd }, notes) {
      const json = dataStart < 0 ? undefined : parseRecord(data, dataStart, dataEnd)
      if (json === undefined) return
      const answer = readGenerateAnswer(json)
      if (answer.error !== undefined) {
        notes.failure = readStatusError(answer.error)
        return
      }
      if (answer.hasContent) notes.committed = true
      if (answer.blockReason !== undefined) isBlocked = true
      for (const index of answer.endedCandidates) ended.add(index)
      notes.outputBytes += answer.textBytes
      searches = Math.max(searches, answer.searches)
      const usage = answer.usage && readUsage(answer.usage)
      if (usage === undefined) return
      notes.usage = withSearches(usage, searches)
      notes.rawUsage = answer.usage
      notes.usageFinal = hasEnd()
    },
    end(notes) {
      notes.finished = hasEnd()
      if (hasEnd()) notes.committed = true
    },
  }
}
