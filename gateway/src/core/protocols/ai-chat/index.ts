// The product's own unified call, client side: any account of the group may serve it, so it is always translated.
import type { ClientProtocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { renderError, renderStreamError } from './errors.ts'
import { inspectRequest } from './inspect-request.ts'

export const aiChatClient: ClientProtocol = {
  id: 'ai-chat',
  title: 'The unified call',
  requestType: 'chat',
  paths: ['/api/ai/chat'],
  // A field that it does not know is refused by name.
  translation: { otherFields: {}, decodeRequest, createAnswerEncoder },
  inspectRequest,
  renderError,
  renderStreamError,
}
