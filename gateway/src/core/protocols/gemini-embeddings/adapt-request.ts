// The model of an embedding call stands in its address and may stand in the body too, where it must be the same: behind an alias
// it is replaced there as well, and every other byte stays as it was.
import { findMember, replaceMember, scanObject } from '../json-scan.ts'
import { itemSpans } from '../json-items.ts'

export function adaptSingle(body: Buffer, model: string): Buffer {
  const scan = scanObject(body)
  if (scan === undefined || findMember(scan, 'model') === undefined) return body
  return replaceMember(body, 'model', JSON.stringify(`models/${model}`)) ?? body
}

export function adaptBatch(body: Buffer, model: string): Buffer {
  const named = adaptSingle(body, model)
  const scan = scanObject(named)
  const requests = scan && findMember(scan, 'requests')
  if (requests === undefined) return named
  const pieces: Buffer[] = []
  let from = 0
  for (const { start, end } of itemSpans(named, requests.valueStart, requests.valueEnd)) {
    pieces.push(named.subarray(from, start), adaptSingle(named.subarray(start, end), model))
    from = end
  }
  return Buffer.concat([...pieces, named.subarray(from)])
}
