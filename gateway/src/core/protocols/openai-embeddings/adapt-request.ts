// A client's own embeddings request, made ready for native pass-through: the very bytes but for a model's alias. There is no
// output maximum to lower, and an answer always reports usage.
import { replaceMember } from '../json-scan.ts'
import type { RequestChanges } from '../protocol.ts'

export function adaptRequest(body: Buffer, { model }: RequestChanges): Buffer {
  return model === undefined ? body : (replaceMember(body, 'model', JSON.stringify(model)) ?? body)
}
