// The OpenAI Responses wire, both sides. Several vendors speak it.
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { adaptRequest } from './adapt-request.ts'
import { tokenCounting } from './count-tokens.ts'
import { decodeRequest, otherFields } from './decode-request.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'
import { outputTokensMin } from './output-minimum.ts'
import { readAnswer } from './read-answer.ts'
import { readStoredIds } from './stored.ts'
import { refuseAddress } from './unserved.ts'
import { support, toolNames } from './support.ts'
import { responsesPath } from './wire.ts'
import { unboundedParts } from './unbounded.ts'

export const openAiResponsesClient: ClientProtocol = {
  id: 'openai-responses',
  title: 'OpenAI Responses',
  requestType: 'chat',
  paths: [responsesPath],
  translation: { otherFields, decodeRequest, createAnswerEncoder },
  inspectRequest,
  unboundedParts,
  renderError,
  renderStreamError,
  tokenCounting,
  refuseAddress,
}

export const openAiResponsesAccount: AccountProtocol = {
  id: 'openai-responses',
  path: () => responsesPath,
  outputTokensMin,
  translation: { support, toolNames, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer,
  readStoredIds,
  adaptRequest,
}
