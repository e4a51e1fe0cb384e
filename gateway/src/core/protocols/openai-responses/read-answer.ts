// A complete native answer, as far as metering needs it. Beside the usage, the searches of the vendor's own tool are billed apiece.
import { scanObject, findMember } from '../json-scan.ts'
import { parseJson } from '../lenient-json.ts'
import type { NativeAnswer } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { readStreamError } from './errors.ts'
import { answerTextKeys } from './listen.ts'
import { readUsage, usageOf } from './usage.ts'
import { readResponse } from './wire.ts'

const shape: AnswerShape = {
  answerMembers: ['output'],
  usageMember: 'usage',
  tierMember: 'service_tier',
  readUsage: (raw) => readUsage(raw),
  readError: readStreamError,
  textKeys: answerTextKeys,
}
const searchWord = '"web_search'

export function readAnswer(body: Buffer): NativeAnswer | undefined {
  const answer = readNativeAnswer(body, shape)
  // Reading all items takes a full parse, and only answers with searches need it.
  if (answer?.usage === undefined || !body.includes(searchWord)) return answer
  const searched = usageOf(readResponse({ ...membersOf(body), usage: answer.rawUsage }))
  return { ...answer, usage: { ...answer.usage, webSearches: searched?.webSearches ?? 0 } }
}

function membersOf(body: Buffer): Record<string, unknown> {
  const scan = scanObject(body)
  const members = ['output', 'tool_usage'].map((key) => {
    const member = scan && findMember(scan, key)
    return [key, member && parseJson(body.toString('utf8', member.valueStart, member.valueEnd))]
  })
  return Object.fromEntries(members)
}
