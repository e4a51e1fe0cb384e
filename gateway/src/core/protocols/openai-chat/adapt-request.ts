// A client's own Chat Completions request, made ready for native pass-through: the very bytes, but for what is spliced: a model's
// alias, a lower maximum, and what metering needs. A stream must report usage, so `stream_options.include_usage` is put in where
// the client did not ask, and what comes of it is kept from the client again.
import { findMember, insertMember, replaceMember, scanObject } from '../json-scan.ts'
import { parseRecord } from '../lenient-json.ts'
import { NativeStream } from '../native-stream.ts'
import type { AdaptedRequest, RequestChanges, RequestFacts } from '../protocol.ts'
import { createListener } from './listen.ts'

const newerField = 'max_completion_tokens'
const olderField = 'max_tokens'
const maximumFields = [newerField, olderField] as const

export function adaptRequest(body: Buffer, facts: RequestFacts, changes: RequestChanges): AdaptedRequest {
  const changed = withChanges(body, changes)
  const asking = facts.stream ? askForUsage(changed) : undefined
  const stripsUsage = asking !== undefined
  return {
    body: asking ?? changed,
    leavesOutThinking: changes.olderMaximumMayLeaveOutThinking === true && hasOlderAlone(changed),
    createTransform: () => new NativeStream(createListener(stripsUsage)),
  }
}

function withChanges(body: Buffer, changes: RequestChanges): Buffer {
  const { model, maxOutputTokens } = changes
  let changed = body
  if (changes.renamesOlderMaximum === true) changed = renamed(body, olderField, newerField)
  else if (changes.renamesNewerMaximum === true) changed = renamed(body, newerField, olderField)
  if (model !== undefined) changed = replaceMember(changed, 'model', JSON.stringify(model)) ?? changed
  const usual = changes.renamesNewerMaximum === true ? olderField : newerField
  if (maxOutputTokens === undefined) return changed
  const lowered = withMaximum(changed, maxOutputTokens, usual)
  const isOpen = changes.olderMaximumMayLeaveOutThinking === true && hasOlderAlone(lowered)
  return isOpen ? (insertMember(lowered, newerField, String(maxOutputTokens)) ?? lowered) : lowered
}

function hasOlderAlone(body: Buffer): boolean {
  const scan = scanObject(body)
  return scan !== undefined && findMember(scan, olderField) !== undefined && findMember(scan, newerField) === undefined
}

/** The field's name is all that changes; where the client sent both, or neither, nothing does. A null is as good as nothing. */
function renamed(body: Buffer, field: string, name: string): Buffer {
  const scan = scanObject(body)
  const member = scan && findMember(scan, field)
  if (!scan || !member) return body
  const value = body.subarray(member.valueStart, member.valueEnd)
  const other = findMember(scan, name)
  if (other) {
    const isNull = body.toString('latin1', other.valueStart, other.valueEnd) === 'null'
    return (isNull && replaceMember(body, name, value.toString('latin1'))) || body
  }
  const before = body.subarray(0, member.keyStart)
  return Buffer.concat([before, Buffer.from(`"${name}":`), value, body.subarray(member.valueEnd)])
}

/**
 * Whatever maximum the client set is lowered, in both fields where it set both: vendors of the wire differ in the one they honour.
 * Where it set none, `usual` is added.
 */
function withMaximum(body: Buffer, maxOutputTokens: number, usual: (typeof maximumFields)[number]): Buffer {
  const scan = scanObject(body)
  if (scan === undefined) return body
  const wanted = (field: string) => {
    const member = findMember(scan, field)
    return member === undefined ? NaN : Number(body.toString('latin1', member.valueStart, member.valueEnd))
  }
  const present = maximumFields.filter((field) => !Number.isNaN(wanted(field)))
  const higher = present.filter((field) => wanted(field) > maxOutputTokens)
  let changed = body
  for (const field of present.length > 0 ? higher : [usual]) {
    changed = replaceMember(changed, field, String(maxOutputTokens)) ?? changed
  }
  return changed
}

/** The body with `include_usage` on; undefined when the client has it on already. */
function askForUsage(body: Buffer): Buffer | undefined {
  const scan = scanObject(body)
  if (scan === undefined) return undefined
  const member = findMember(scan, 'stream_options')
  if (member === undefined) return insertMember(body, 'stream_options', '{"include_usage":true}')
  const { valueStart, valueEnd } = member
  const options = parseRecord(body, valueStart, valueEnd)
  if (options?.['include_usage'] === true) return undefined
  const asking = options && replaceMember(body.subarray(valueStart, valueEnd), 'include_usage', 'true')
  return replaceMember(body, 'stream_options', asking?.toString('utf8') ?? '{"include_usage":true}')
}
