// A client's own Chat Completions request, made ready for native pass-through. The one change that metering needs: a stream
// must report usage, so `stream_options.include_usage` is spliced in where the client did not ask, and what comes of it
// is kept from the client again.
import { findMember, insertMember, replaceMember, scanObject } from '../json-scan.ts'
import { parseRecord } from '../lenient-json.ts'
import { NativeStream } from '../native-stream.ts'
import type { RequestFacts, ResponseTransform } from '../protocol.ts'
import { createListener } from './listen.ts'

export interface AdaptedRequest {
  body: Buffer
  createTransform: () => ResponseTransform
}

export function adaptRequest(body: Buffer, facts: RequestFacts): AdaptedRequest {
  const asking = facts.stream ? askForUsage(body) : undefined
  const stripsUsage = asking !== undefined
  return { body: asking ?? body, createTransform: () => new NativeStream(createListener(stripsUsage)) }
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
