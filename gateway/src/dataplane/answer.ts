// How a provider's answer becomes the client's: the same bytes with somebody listening, or decoded and encoded anew. The
// relay only sees this interface and knows nothing of protocols.
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import { accountProtocols } from '../core/protocols/index.ts'
import type { Closing, ResponseTransform } from '../core/protocols/protocol.ts'
import { createTranslation, translateAnswer } from '../core/protocols/translate.ts'
import type { Usage } from '../core/protocols/usage.ts'
import type { ModelView } from '../core/routing/snapshot.ts'
import type { DecodedCall } from './call.ts'
import type { ChosenWire } from './decode.ts'

export interface PlainAnswer {
  usage: Usage | undefined
  rawUsage: unknown
  failure: UpstreamFailure | undefined
  outputBytes: number
  close(closing: Closing): Buffer
}

export interface Answer {
  /** The path below the account's base path, and the body to send. */
  path: string
  body: Buffer
  createTransform(): ResponseTransform
  /** A complete JSON answer; undefined when the bytes are none. */
  readPlain(body: Buffer): PlainAnswer | undefined
}

export function answerFor(call: DecodedCall, wire: ChosenWire, model: ModelView): Answer {
  const protocol = accountProtocols[wire.protocol]
  const path = wire.pathPrefix + protocol.path(model.name, call.facts.stream)
  const { translation } = call.client
  if (wire.isNative || !translation) {
    const adapted = protocol.adaptRequest(call.body, call.facts)
    return {
      path,
      body: adapted.body,
      createTransform: adapted.createTransform,
      readPlain: (body) => {
        const read = protocol.readAnswer(body)
        return read && { ...read, close: () => body }
      },
    }
  }
  const request = translation.decodeRequest(call.parsed, model.name)
  return {
    path,
    body: protocol.encodeRequest(request, wire),
    createTransform: () => createTranslation(protocol.createStreamDecoder(), translation.createAnswerEncoder(true)),
    readPlain: (body) => translateAnswer(protocol.decodeResponse(body), translation.createAnswerEncoder(false)),
  }
}
