// Canonical events → the unified call's answer: server-sent events `delta`, then `done` or `error`; or one JSON body. The
// `done` event and the body name the cost, so both are made by `close`, after settlement.
import { toUsd, type AiChatResponse, type AiChatResult } from '@aicarpool/contract'
import type { ChatEvent } from '../chat.ts'
import type { FailureKind } from '../failure.ts'
import type { AnswerEncoder, Closing } from '../protocol.ts'
import { totalInputTokens, totalTokens } from '../usage.ts'
import { failureError, renderStreamError } from './errors.ts'

export function createAnswerEncoder(stream: boolean): AnswerEncoder {
  let content = ''
  let failed: FailureKind | undefined

  function encode(event: ChatEvent): string {
    if (event.type === 'failure') {
      failed = event.failure.kind
      return stream ? renderStreamError(failureError(event.failure)).toString('utf8') : ''
    }
    if (event.type !== 'text-delta') return ''
    content += event.text
    return stream ? `event: delta\ndata: {"content":${JSON.stringify(event.text)}}\n\n` : ''
  }

  return {
    push(events) {
      let text = ''
      for (const event of events) if (failed === undefined) text += encode(event)
      return text === '' ? undefined : Buffer.from(text)
    },
    close(closing) {
      if (failed !== undefined) return Buffer.alloc(0)
      const data = resultOf(content, closing)
      if (stream) return Buffer.from(`event: done\ndata: ${JSON.stringify(data)}\n\n`)
      return Buffer.from(JSON.stringify({ success: true, data } satisfies AiChatResponse))
    },
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
