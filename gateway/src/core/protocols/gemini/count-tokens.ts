// Counting a request's tokens beforehand (Gemini API, `countTokens`): either the contents alone or a whole request inside; the
// answer is one number.
import { matchModelAddress, modelPath, requireModel } from '../model-address.ts'
import { parseRecord } from '../lenient-json.ts'
import type { TokenCounting } from '../protocol.ts'
import { tokenCount } from '../usage.ts'
import { requireContents } from './inspect-request.ts'
import { readOptionalMessage, spellingsOf } from './proto-json.ts'

export const tokenCounting: TokenCounting = {
  paths: [],
  addressForms: ['/v1beta/models/{model}:countTokens'],
  matchAddress(path) {
    const address = matchModelAddress(path)
    return address?.action === 'countTokens' ? { model: address.model } : undefined
  },
  path: (model) => modelPath(model, 'countTokens'),
  inspectRequest(body, target) {
    const [whole] = spellingsOf(body, 'generateContentRequest')
    requireContents(readOptionalMessage(whole, 'generateContentRequest') ?? body)
    return { model: requireModel(target) }
  },
  readAnswer(body) {
    const tokens = parseRecord(body)?.['totalTokens']
    return typeof tokens === 'number' ? tokenCount(tokens) : undefined
  },
  renderAnswer: (tokens) => Buffer.from(JSON.stringify({ totalTokens: tokens })),
}
