// The OpenAI Chat Completions wire, both sides. Several vendors speak it.
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { adaptRequest } from './adapt-request.ts'
import { decodeRequest, otherFields } from './decode-request.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { readStreamError, renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'
import { modelList } from './list-models.ts'
import { answerTextKeys } from './listen.ts'
import { support, toolNames } from './support.ts'
import { unboundedParts } from './unbounded.ts'
import { readUsage } from './usage.ts'

const path = '/v1/chat/completions'

const answerShape: AnswerShape = {
  answerMembers: ['choices'],
  usageMember: 'usage',
  tierMember: 'service_tier',
  readUsage: (raw) => readUsage(raw),
  readError: readStreamError,
  textKeys: answerTextKeys,
}

export const openAiChatClient: ClientProtocol = {
  id: 'openai-chat',
  title: 'OpenAI Chat Completions',
  requestType: 'chat',
  paths: [path],
  translation: { otherFields, decodeRequest, createAnswerEncoder },
  inspectRequest,
  unboundedParts,
  renderError,
  renderStreamError,
  modelList,
}

export const openAiChatAccount: AccountProtocol = {
  id: 'openai-chat',
  path: () => path,
  translation: { support, toolNames, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  adaptRequest,
}
