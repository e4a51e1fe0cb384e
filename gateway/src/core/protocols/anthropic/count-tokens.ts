// Counting a request's tokens beforehand (Anthropic Messages API, `count_tokens`): the same body as a request for an answer,
// but without a maximum; the answer is one number. Thoughts of translated answers, which the vendor would refuse, are taken out
// as they are before every other request.
import { parseRecord } from '../lenient-json.ts'
import { readModel, requireMessages, type RequestBody } from '../request-fields.ts'
import type { TokenCounting } from '../protocol.ts'
import { tokenCount } from '../usage.ts'
import { stripThinking } from './strip-thinking.ts'

export const tokenCounting: TokenCounting = {
  paths: ['/v1/messages/count_tokens', '/api/v1/messages/count_tokens'],
  path: () => '/v1/messages/count_tokens',
  inspectRequest(body: RequestBody) {
    requireMessages(body)
    return { model: readModel(body) }
  },
  adaptBody: (body) => stripThinking(body).body,
  readAnswer(body) {
    const tokens = parseRecord(body)?.['input_tokens']
    return typeof tokens === 'number' ? tokenCount(tokens) : undefined
  },
  renderAnswer: (tokens) => Buffer.from(JSON.stringify({ input_tokens: tokens })),
}
