// The Gemini generateContent wire, both sides.
import { modelPath } from '../model-address.ts'
import { parseRecord } from '../lenient-json.ts'
import type { AccountProtocol, ClientProtocol, NativeAnswer, RequestTarget } from '../protocol.ts'
import { readNativeAnswer, type AnswerShape } from '../read-answer.ts'
import { readStatusError } from '../rpc-status.ts'
import { adaptRequest } from './adapt-request.ts'
import { tokenCounting } from './count-tokens.ts'
import { decodeRequest, otherFields } from './decode-request.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { renderArrayError, renderArrayStreamError, renderError, renderStreamError } from './errors.ts'
import { inspectRequest, matchAddress } from './inspect-request.ts'
import { modelList } from './list-models.ts'
import { answerTextKeys } from './listen.ts'
import { support, toolNames } from './support.ts'
import { readUsage, withSearches } from './usage.ts'
import { readGenerateAnswer } from './wire.ts'
import { unboundedParts } from './unbounded.ts'

const answerShape: AnswerShape = {
  answerMembers: ['candidates', 'promptFeedback'],
  usageMember: 'usageMetadata',
  readUsage,
  readError: readStatusError,
  textKeys: answerTextKeys,
}

/** The candidates are parsed only where searches were made. */
function readAnswer(body: Buffer): NativeAnswer | undefined {
  const read = readNativeAnswer(body, answerShape)
  if (!read?.usage || !body.includes('"webSearchQueries"')) return read
  const { searches } = readGenerateAnswer(parseRecord(body) ?? {})
  return { ...read, usage: withSearches(read.usage, searches) }
}

export const geminiClient: ClientProtocol = {
  id: 'gemini',
  title: 'Gemini generateContent',
  addressForms: ['/v1beta/models/{model}:generateContent', '/v1beta/models/{model}:streamGenerateContent?alt=sse'],
  requestType: 'chat',
  // The address names the model.
  paths: [],
  matchAddress: (path, query) => ofForm(matchAddress(path, query), false),
  translation: { otherFields, decodeRequest, createAnswerEncoder },
  inspectRequest,
  unboundedParts,
  renderError,
  renderStreamError,
  modelList,
  tokenCounting,
  takesKeyInQuery: true,
}

/** The same wire for clients that take a stream as one JSON array, which is what they get unless they ask for events. */
export const geminiArrayClient: ClientProtocol = {
  id: 'gemini',
  title: 'Gemini generateContent, streamed as one JSON array',
  addressForms: ['/v1beta/models/{model}:streamGenerateContent'],
  requestType: 'chat',
  paths: [],
  matchAddress: (path, query) => ofForm(matchAddress(path, query), true),
  translation: { otherFields, decodeRequest, createAnswerEncoder },
  streamContentType: 'application/json; charset=UTF-8',
  // Blanks between the elements of an array.
  signOfLife: Buffer.from('\r\n'),
  inspectRequest,
  unboundedParts,
  renderError: renderArrayError,
  renderStreamError: renderArrayStreamError,
  takesKeyInQuery: true,
}

function ofForm(target: RequestTarget | undefined, isArrayStream: boolean): RequestTarget | undefined {
  return (target?.isArrayStream === true) === isArrayStream ? target : undefined
}

export const geminiAccount: AccountProtocol = {
  id: 'gemini',
  // Streams are always asked for as events; clients that take an array get one made of them.
  path: (model, stream) => modelPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
  translation: { support, toolNames, encodeRequest, createStreamDecoder, decodeResponse },
  readAnswer,
  adaptRequest,
}
