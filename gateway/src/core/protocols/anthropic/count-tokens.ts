// Counting a request's tokens beforehand (Anthropic Messages API, `count_tokens`): the same body as a request for an answer,
// but without a maximum; the answer is one number. `adaptRequest` makes its body ready as it does every other's.
import { parseRecord } from '../lenient-json.ts'
import { readModel, requireMessages, type RequestBody } from '../request-fields.ts'
import type { TokenCounting } from '../protocol.ts'
import { tokenCount } from '../usage.ts'

export const tokenCounting: TokenCounting = {
  paths: ['/v1/messages/count_tokens', '/api/v1/messages/count_tokens'],
  path: () => '/v1/messages/count_tokens',
  inspectRequest(body: RequestBody) {
    requireMessages(body)
    return { model: readModel(body) }
  },
  readAnswer(body) {
    const tokens = parseRecord(body)?.['input_tokens']
    return typeof tokens === 'number' ? tokenCount(tokens) : undefined
  },
  renderAnswer: (tokens) => Buffer.from(JSON.stringify({ input_tokens: tokens })),
}
