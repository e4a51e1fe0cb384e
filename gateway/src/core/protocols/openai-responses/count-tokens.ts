// Counting a request's tokens beforehand (OpenAI API reference, "Get input token counts"): the same body as a request for an
// answer; the answer is one number.
import { parseRecord } from '../lenient-json.ts'
import type { TokenCounting } from '../protocol.ts'
import { readModel } from '../request-fields.ts'
import { tokenCount } from '../usage.ts'
import { responsesPath } from './wire.ts'

const path = `${responsesPath}/input_tokens`

export const tokenCounting: TokenCounting = {
  paths: [path],
  path: () => path,
  inspectRequest: (body) => ({ model: readModel(body) }),
  readAnswer(body) {
    const tokens = parseRecord(body)?.['input_tokens']
    return typeof tokens === 'number' ? tokenCount(tokens) : undefined
  },
  renderAnswer: (tokens) => Buffer.from(JSON.stringify({ object: 'response.input_tokens', input_tokens: tokens })),
}
