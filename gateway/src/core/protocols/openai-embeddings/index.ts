// The OpenAI embeddings wire, both sides, for accounts that speak it themselves: vectors of one model mean nothing to another,
// so nothing is translated. Several vendors speak it.
import { errorObject, readErrorObject } from '../error-object.ts'
import { NativeStream } from '../native-stream.ts'
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { adaptRequest } from './adapt-request.ts'
import { inspectRequest } from './inspect-request.ts'
import { readUsage } from './usage.ts'

const path = '/v1/embeddings'

const answerShape: AnswerShape = {
  answerMembers: ['data'],
  usageMember: 'usage',
  readUsage,
  readError: readErrorObject,
  // Vectors are no text.
  textKeys: new Set(),
}

export const openAiEmbeddingsClient: ClientProtocol = {
  id: 'openai-embeddings',
  title: 'OpenAI embeddings',
  requestType: 'embedding',
  paths: [path],
  translation: undefined,
  inspectRequest,
  renderError: (error) => Buffer.from(JSON.stringify(errorObject(error))),
  // The wire has no streams; one that a provider sent all the same would be one of events.
  renderStreamError: (error) => Buffer.from(`data: ${JSON.stringify(errorObject(error))}\n\n`),
}

export const openAiEmbeddingsAccount: AccountProtocol = {
  id: 'openai-embeddings',
  path: () => path,
  translation: undefined,
  readAnswer: (body) => readNativeAnswer(body, answerShape),
  adaptRequest: (body, _facts, changes) => ({
    body: adaptRequest(body, changes),
    createTransform: () => new NativeStream({ see: () => undefined }),
  }),
}
