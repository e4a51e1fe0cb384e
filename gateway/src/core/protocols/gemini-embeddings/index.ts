// The two embedding calls of the Gemini API, one content and a batch of them, both sides, for accounts that speak them
// themselves: vectors of one model mean nothing to another, so nothing is translated.
import { matchModelAddress, modelPath } from '../model-address.ts'
import { NativeStream } from '../native-stream.ts'
import type { AccountProtocol, ClientProtocol } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { readStatusError, statusBody } from '../rpc-status.ts'
import { adaptBatch, adaptSingle } from './adapt-request.ts'
import { inspectBatch, inspectSingle } from './inspect-request.ts'
import { readUsage } from './usage.ts'

const answerShape: AnswerShape = {
  answerMembers: ['embedding', 'embeddings'],
  usageMember: 'usageMetadata',
  readUsage,
  readError: readStatusError,
  // Vectors are no text.
  textKeys: new Set(),
}

function clientOf(id: string, action: string, inspectRequest: ClientProtocol['inspectRequest']): ClientProtocol {
  return {
    id,
    title: `Gemini ${action}`,
    requestType: 'embedding',
    paths: [],
    addressForms: [`/v1beta/models/{model}:${action}`],
    matchAddress(path) {
      const address = matchModelAddress(path)
      return address?.action === action ? { model: address.model, stream: false } : undefined
    },
    translation: undefined,
    inspectRequest,
    renderError: (error, requestId) => Buffer.from(JSON.stringify(statusBody(error, requestId))),
    // The calls have no streams; one that a provider sent all the same would be one of events.
    renderStreamError: (error, requestId) =>
      Buffer.from(`data: ${JSON.stringify(statusBody(error, requestId))}\r\n\r\n`),
    takesKeyInQuery: true,
  }
}

function accountOf(id: string, action: string, adapt: (body: Buffer, model: string) => Buffer): AccountProtocol {
  return {
    id,
    path: (model) => modelPath(model, action),
    translation: undefined,
    readAnswer: (body) => readNativeAnswer(body, answerShape),
    adaptRequest: (body, _facts, { model }) => ({
      body: model === undefined ? body : adapt(body, model),
      createTransform: () => new NativeStream({ see: () => undefined }),
    }),
  }
}

export const geminiEmbeddingsClients = Object.freeze({
  'gemini-embed': clientOf('gemini-embed', 'embedContent', inspectSingle),
  'gemini-batch-embed': clientOf('gemini-batch-embed', 'batchEmbedContents', inspectBatch),
} satisfies Record<string, ClientProtocol>)

export const geminiEmbeddingsAccounts = Object.freeze({
  'gemini-embed': accountOf('gemini-embed', 'embedContent', adaptSingle),
  'gemini-batch-embed': accountOf('gemini-batch-embed', 'batchEmbedContents', adaptBatch),
} satisfies Record<string, AccountProtocol>)
