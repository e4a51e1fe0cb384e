// The Anthropic Messages wire, both sides.
import { NativeStream } from '../native-stream.ts'
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { readStreamError, renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'
import { answerTextKeys, createListener } from './listen.ts'
import { readUsage } from './usage.ts'

const path = '/v1/messages'

const answerShape: AnswerShape = {
  usageMember: 'usage',
  readUsage,
  readError: readStreamError,
  textKeys: answerTextKeys,
}

export const anthropicClient: ClientProtocol = {
  id: 'anthropic',
  paths: [path],
  translation: undefined,
  inspectRequest,
  renderError,
  renderStreamError,
}

export const anthropicAccount: AccountProtocol = {
  id: 'anthropic',
  path: () => path,
  encodeRequest,
  createStreamDecoder,
  decodeResponse,
  readUsage: (body) => {
    const answer = readNativeAnswer(body, answerShape)
    return answer?.usage && { usage: answer.usage, raw: answer.rawUsage }
  },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  // The wire always reports usage: the request is sent as it came.
  adaptRequest: (body) => ({ body, createTransform: () => new NativeStream(createListener()) }),
}
