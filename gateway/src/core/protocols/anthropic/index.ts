// The Anthropic Messages wire, both sides.
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { adaptRequest } from './adapt-request.ts'
import { decodeRequest, otherFields } from './decode-request.ts'
import { tokenCounting } from './count-tokens.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { answerHeaders, readStreamError, renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'
import { modelList } from './list-models.ts'
import { answerTextKeys } from './listen.ts'
import { support, toolNames } from './support.ts'
import { unboundedParts } from './unbounded.ts'
import { readUsage } from './usage.ts'

const path = '/v1/messages'

const answerShape: AnswerShape = {
  answerMembers: ['content'],
  usageMember: 'usage',
  readUsage,
  readError: readStreamError,
  textKeys: answerTextKeys,
}

export const anthropicClient: ClientProtocol = {
  id: 'anthropic',
  title: 'Anthropic Messages',
  requestType: 'chat',
  paths: [path, `/api${path}`],
  versionHeader: 'anthropic-version',
  translation: { otherFields, decodeRequest, createAnswerEncoder },
  inspectRequest,
  unboundedParts,
  renderError,
  renderStreamError,
  signOfLife: Buffer.from('event: ping\ndata: {"type": "ping"}\n\n'),
  answerHeaders,
  modelList,
  tokenCounting,
}

export const anthropicAccount: AccountProtocol = {
  id: 'anthropic',
  path: () => path,
  translation: { support, toolNames, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  adaptRequest,
}
