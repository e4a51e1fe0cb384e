// The Gemini generateContent wire, account side: requests of other protocols are translated to it.
import { NativeStream } from '../native-stream.ts'
import type { AccountProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest, pathOf } from './encode-request.ts'
import { readStreamError } from './errors.ts'
import { answerTextKeys, createListener } from './listen.ts'
import { support } from './support.ts'
import { readUsage } from './usage.ts'

const answerShape: AnswerShape = {
  usageMember: 'usageMetadata',
  readUsage,
  readError: readStreamError,
  textKeys: answerTextKeys,
}

export const geminiAccount: AccountProtocol = {
  id: 'gemini',
  path: pathOf,
  translation: { support, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  // The wire always reports usage: the request is sent as it came.
  adaptRequest: (body) => ({ body, createTransform: () => new NativeStream(createListener()) }),
}
