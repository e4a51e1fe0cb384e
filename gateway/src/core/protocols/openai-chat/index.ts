// The OpenAI Chat Completions wire, both sides. Several vendors speak it.
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { adaptRequest } from './adapt-request.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { readStreamError, renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'
import { answerTextKeys } from './listen.ts'
import { readUsage } from './usage.ts'

const path = '/v1/chat/completions'

const answerShape: AnswerShape = {
  usageMember: 'usage',
  readUsage,
  readError: readStreamError,
  textKeys: answerTextKeys,
}

export const openAiChatClient: ClientProtocol = {
  id: 'openai-chat',
  paths: [path],
  translation: undefined,
  inspectRequest,
  renderError,
  renderStreamError,
}

export const openAiChatAccount: AccountProtocol = {
  id: 'openai-chat',
  path: () => path,
  encodeRequest,
  createStreamDecoder,
  decodeResponse,
  readUsage: (body) => {
    const answer = readNativeAnswer(body, answerShape)
    return answer?.usage && { usage: answer.usage, raw: answer.rawUsage }
  },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  adaptRequest,
}
