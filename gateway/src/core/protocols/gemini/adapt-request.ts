// A client's own generateContent request, made ready for native pass-through: the very bytes but for a lowered output maximum. The
// model stands in the address, and the wire always reports usage.
import { insertMember, replaceMember, scanObject, findMember } from '../json-scan.ts'
import { parseRecord, type JsonRecord } from '../lenient-json.ts'
import { NativeStream } from '../native-stream.ts'
import type { AdaptedRequest, RequestChanges, RequestFacts, RequestTarget } from '../protocol.ts'
import { ArrayStream } from './array-stream.ts'
import { createListener } from './listen.ts'
import { camelCase, numericOf } from './proto-json.ts'

export function adaptRequest(
  body: Buffer,
  { choices }: RequestFacts,
  { model, maxOutputTokens }: RequestChanges,
  { isArrayStream }: RequestTarget,
): AdaptedRequest {
  let adapted = body
  if (model !== undefined) adapted = withModel(adapted, model)
  if (maxOutputTokens !== undefined) adapted = withMaximum(adapted, maxOutputTokens)
  if (isArrayStream !== true) {
    return { body: adapted, createTransform: () => new NativeStream(createListener(choices)) }
  }
  return {
    body: adapted,
    createTransform: () => new ArrayStream(createListener(choices)),
    adaptRejection: asElement,
  }
}

/** A provider that is asked for events refuses with an object; a client that reads an array looks for its first element. */
function asElement(rejection: Buffer): Buffer {
  return scanObject(rejection) === undefined ? rejection : Buffer.from(`[${rejection.toString('utf8').trim()}]`)
}

/** Some clients repeat the address's model in the body. */
function withModel(body: Buffer, model: string): Buffer {
  const scan = scanObject(body)
  if (scan === undefined || findMember(scan, 'model') === undefined) return body
  return replaceMember(body, 'model', JSON.stringify(`models/${model}`)) ?? body
}

/** Both spellings are changed wherever they stand, since it is not known which one the provider honours. */
function withMaximum(body: Buffer, maximum: number): Buffer {
  const names = namesOf(body, 'generationConfig')
  const fresh = JSON.stringify({ maxOutputTokens: maximum })
  if (names.length === 0) return insertMember(body, 'generationConfig', fresh) ?? body
  return names.reduce((changed, name) => {
    const scan = scanObject(changed)
    const member = scan && findMember(scan, name)
    const config = member && lowered(changed.subarray(member.valueStart, member.valueEnd), maximum)
    return replaceMember(changed, name, config ?? fresh) ?? changed
  }, body)
}

/** Undefined where `config` is no object, such as null. */
function lowered(config: Buffer, maximum: number): string | undefined {
  const values: JsonRecord | undefined = parseRecord(config)
  if (values === undefined) return undefined
  const names = namesOf(config, 'maxOutputTokens').filter((name) => values[name] !== null)
  if (names.length === 0) return replaceMember(config, 'maxOutputTokens', String(maximum))?.toString('utf8')
  return names
    .reduce((changed, name) => {
      const given = numericOf(values[name])
      const least = typeof given === 'number' ? Math.min(given, maximum) : maximum
      return replaceMember(changed, name, String(least)) ?? changed
    }, config)
    .toString('utf8')
}

/** The spellings in which an object has a member. */
function namesOf(bytes: Buffer, name: string): string[] {
  const keys = scanObject(bytes)?.members.map(({ key }) => key) ?? []
  return [...new Set(keys)].filter((key) => camelCase(key) === name)
}
