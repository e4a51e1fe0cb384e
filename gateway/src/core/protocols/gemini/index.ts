// The Gemini generateContent wire, both sides.
import { modelPath } from '../model-address.ts'
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { readStatusError } from '../rpc-status.ts'
import { adaptRequest } from './adapt-request.ts'
import { tokenCounting } from './count-tokens.ts'
import { decodeRequest } from './decode-request.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { renderError, renderStreamError } from './errors.ts'
import { inspectRequest, matchAddress } from './inspect-request.ts'
import { modelList } from './list-models.ts'
import { answerTextKeys } from './listen.ts'
import { support } from './support.ts'
import { readUsage } from './usage.ts'

const answerShape: AnswerShape = {
  usageMember: 'usageMetadata',
  readUsage,
  readError: readStatusError,
  textKeys: answerTextKeys,
}

export const geminiClient: ClientProtocol = {
  id: 'gemini',
  requestType: 'chat',
  // The address names the model.
  paths: [],
  matchAddress,
  translation: { decodeRequest, createAnswerEncoder },
  streamContentType: ({ isArrayStream }) =>
    isArrayStream === true ? 'application/json; charset=UTF-8' : 'text/event-stream; charset=utf-8',
  inspectRequest,
  renderError,
  renderStreamError,
  modelList,
  tokenCounting,
  takesKeyInQuery: true,
}

export const geminiAccount: AccountProtocol = {
  id: 'gemini',
  // Streams are always asked for as events; clients that take an array get one made of them.
  path: (model, stream) => modelPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
  translation: { support, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  adaptRequest,
}
