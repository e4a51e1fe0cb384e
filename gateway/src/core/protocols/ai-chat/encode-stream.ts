// Canonical events → the unified call's answer: server-sent events `delta`, then `done` or `error`; or one JSON body. The
// `done` event and the body name the cost, so both are made by `close`, after settlement.
import { toUsd, type AiChatResponse, type AiChatResult } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from '../chat.ts'
import { failureRefusal } from '../failure-refusal.ts'
import type { UpstreamFailure } from '../failure.ts'
import type { AnswerEncoder, Closing } from '../protocol.ts'
import { sseText } from '../sse-text.ts'
import { totalInputTokens, totalTokens } from '../usage.ts'
import { renderError, renderStreamError } from './errors.ts'

export function createAnswerEncoder({ stream }: ChatRequest): AnswerEncoder {
  let content = ''
  let failure: UpstreamFailure | undefined

  function encode(event: ChatEvent): string {
    if (event.type === 'failure') {
      failure = event.failure
      return stream ? renderStreamError(failureRefusal(failure)).toString('utf8') : ''
    }
    if (event.type !== 'text-delta' || event.text === '') return ''
    content += event.text
    return stream ? sseText({ content: event.text }, 'delta') : ''
  }

  return {
    push(events) {
      let text = ''
      for (const event of events) if (failure === undefined) text += encode(event)
      return text === '' ? undefined : Buffer.from(text)
    },
    close(closing) {
      if (failure !== undefined) return stream ? Buffer.alloc(0) : renderError(failureRefusal(failure))
      const data = resultOf(content, closing)
      if (stream) return Buffer.from(sseText(data, 'done'))
      return Buffer.from(JSON.stringify({ success: true, data } satisfies AiChatResponse))
    },
    closeWithError: (error) => (stream ? renderStreamError(error) : renderError(error)),
  }
}

function resultOf(content: string, { usage, costNanoUsd, account }: Closing): AiChatResult {
  return {
    message: { role: 'assistant', content },
    usage: {
      promptTokens: totalInputTokens(usage),
      completionTokens: usage.outputTokens,
      totalTokens: totalTokens(usage),
    },
    cost: toUsd(costNanoUsd),
    accountUsed: { id: account.id, name: account.name, serviceType: account.serviceType },
  }
}
