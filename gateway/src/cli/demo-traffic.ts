// A little live traffic for the demo, through the front door like any client's: now and then one request of a random group
// over a random protocol, so that there is something to see.
import { request } from 'undici'
import type { Random } from '../platform/random.ts'
import type { Timers } from '../platform/timers.ts'
import type { DemoGroup } from './demo-file.ts'

const pauseMinMs = 700
const pauseSpreadMs = 1800
const questions = [
  '用一句话解释什么是拼车组。',
  'Write a haiku about load balancing.',
  '把这段 SQL 改成分页查询：SELECT * FROM orders',
  'Why does my React effect run twice?',
  '给“连接超时”写一条友好的错误提示。',
  'Name three ways to make a prompt cache hit.',
]

export interface DemoCall {
  path: string
  body: Record<string, unknown>
}

/** One request of each protocol that every demo group can serve. */
export function demoCalls(group: DemoGroup, question: string, stream: boolean): DemoCall[] {
  const messages = [{ role: 'user', content: question }]
  return [
    { path: '/api/ai/chat', body: { groupId: group.id, messages, maxTokens: 200, stream } },
    {
      path: '/v1/messages',
      body: {
        model: group.mode === 'hybrid' ? 'claude-opus-4-5' : 'claude-sonnet-4-5',
        max_tokens: 200,
        messages,
        stream,
      },
    },
    { path: '/v1/chat/completions', body: { model: 'gpt-5.1', max_completion_tokens: 200, messages, stream } },
  ]
}

export function startDemoTraffic(options: {
  baseUrl: string
  groups: readonly DemoGroup[]
  random: Random
  timers: Timers
  report: (problem: string) => void
}): () => void {
  const { random, timers } = options
  let isStopped = false
  let cancel: (() => void) | undefined
  const draw = (below: number) => Math.floor((random.bytes(4).readUInt32LE(0) / 2 ** 32) * below)

  async function once(): Promise<void> {
    const group = options.groups[draw(options.groups.length)]
    if (!group) return
    const calls = demoCalls(group, questions[draw(questions.length)] ?? '', draw(2) === 0)
    const call = calls[draw(calls.length)]
    if (!call) return
    const { statusCode, body } = await request(options.baseUrl + call.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${group.key}` },
      body: JSON.stringify(call.body),
    })
    await body.dump()
    if (statusCode !== 200) options.report(`${call.path} answered ${statusCode}`)
  }

  function planNext(): void {
    cancel = timers.after(pauseMinMs + draw(pauseSpreadMs), () => {
      once()
        .catch((error: unknown) => options.report(String(error)))
        .finally(() => {
          if (!isStopped) planNext()
        })
    })
  }

  planNext()
  return () => {
    isStopped = true
    cancel?.()
  }
}
