// A complete native answer, read as far as metering needs: one scan finds the members that matter and only those are
// parsed, since the rest (the text itself) may be long. Each account protocol says which members they are.
import { brokenAnswer, isBareError } from './broken-answer.ts'
import { countTextBytes } from './byte-search.ts'
import type { UpstreamFailure } from './failure.ts'
import { findMember, scanObject, type ObjectScan } from './json-scan.ts'
import { asText, parseJson, parseRecord, type JsonRecord } from './lenient-json.ts'
import type { NativeAnswer } from './protocol.ts'
import type { Usage } from './usage.ts'

export interface AnswerShape {
  /** Where what was asked for stands; without any of these, and without usage, it is no answer. */
  answerMembers: readonly string[]
  usageMember: string
  /** Where the answer itself, beside the usage, names the tier that served it. */
  tierMember?: string
  readUsage(raw: JsonRecord): Usage | undefined
  readError(error: JsonRecord): UpstreamFailure
  /** Keys of the answer's text. */
  textKeys: ReadonlySet<number>
}

export function readNativeAnswer(body: Buffer, shape: AnswerShape): NativeAnswer | undefined {
  const scan = scanObject(body)
  if (scan === undefined) return undefined
  const error = memberRecord(body, scan, 'error')
  const raw = memberRecord(body, scan, shape.usageMember)
  const figures = raw && shape.readUsage(raw)
  const tier = shape.tierMember && figures ? memberText(body, scan, shape.tierMember) : undefined
  const usage = figures && tier !== undefined ? { ...figures, serviceTier: figures.serviceTier ?? tier } : figures
  return {
    usage,
    rawUsage: usage && raw,
    failure: error ? shape.readError(error) : usage ? undefined : missingAnswer(body, scan, shape),
    // Walking the text costs as much as scanning it once more, and only an estimate needs it.
    outputBytes: usage ? 0 : countTextBytes(body, scan.start, scan.end, shape.textKeys),
  }
}

function missingAnswer(body: Buffer, scan: ObjectScan, shape: AnswerShape): UpstreamFailure | undefined {
  if (shape.answerMembers.some((name) => findMember(scan, name) !== undefined)) return undefined
  const json = parseRecord(body) ?? {}
  return isBareError(json) ? shape.readError(json) : brokenAnswer('no_answer')
}

function memberText(body: Buffer, scan: ObjectScan, key: string): string | undefined {
  const member = findMember(scan, key)
  return member && asText(parseJson(body.toString('utf8', member.valueStart, member.valueEnd)))
}

function memberRecord(body: Buffer, scan: ObjectScan, key: string): JsonRecord | undefined {
  const member = findMember(scan, key)
  return member && parseRecord(body, member.valueStart, member.valueEnd)
}
