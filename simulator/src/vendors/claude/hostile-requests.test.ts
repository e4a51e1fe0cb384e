// Requests that went wrong somewhere: the reader answers or refuses, it never throws, and whatever it answers, the
// stream accounts for every token of it.
import { expect, test } from 'vitest'
import { composeAnswer, partTokens } from '../../answer.ts'
import type { Choice } from '../../answer.ts'
import { NO_USAGE } from '../../ledger.ts'
import { mutateRequest } from '../../mutated-request.ts'
import { createRandom } from '../../random.ts'
import type { Answer, Generation } from '../../vendor.ts'
import { claude } from './vendor.ts'

const SEED = 20_261_124
const REQUESTS = 3000

const REQUEST = {
  model: 'claude-sonnet-4-5',
  max_tokens: 3000,
  stream: true,
  thinking: { type: 'enabled', budget_tokens: 1024 },
  system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }],
  tool_choice: { type: 'auto' },
  stop_sequences: ['zzz'],
  tools: [
    { name: 'f', input_schema: { type: 'object', properties: { a: { type: 'string' } } } },
    { type: 'web_search_20250305', name: 'web_search' },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'hi' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
      ],
    },
    { role: 'assistant', content: 'well' },
    { role: 'user', content: [{ type: 'text', text: '[[think:5]] [[search:2]] [[tool:f]] [[tokens:9]]' }] },
  ],
}

function answerTo(generation: Generation): Answer {
  const { model, prompt } = generation
  const outputTokensMax = Math.min(generation.outputTokensMax ?? 100, 100)
  const { choices, random } = composeAnswer({ seed: 1, vendor: 'claude', model, prompt, outputTokensMax })
  const output = partTokens(choices)
  const reasoning = partTokens(choices, 'thinking')
  const usage = { ...NO_USAGE, input: 1, output, reasoning, webSearches: prompt.searches?.count ?? 0 }
  return {
    id: 'x',
    createdAtMs: 0,
    model,
    ...(choices[0] as Choice),
    choices,
    usage,
    usageMissing: false,
    random,
  }
}

test('the reader never throws, and every token is in a frame', () => {
  const endpoint = claude.endpoint('POST', '/v1/messages', new URLSearchParams())
  if (endpoint?.kind !== 'generation') return expect.unreachable()
  const stored = { get: () => undefined, set: () => {}, delete: () => false }
  let answered = 0
  for (let index = 0; index < REQUESTS; index += 1) {
    const body = mutateRequest(REQUEST, createRandom(SEED, index))
    const version = index % 2 === 0 ? '2023-06-01' : '2026-10-21'
    const reading = endpoint.read({ headers: { 'anthropic-version': version }, body, stored, organisation: 'o' })
    if (!reading.ok) continue
    answered += 1
    const answer = answerTo(reading.generation)
    const frames = [...reading.generation.frames(answer)]
    const sum = (count: (frame: (typeof frames)[number]) => number) =>
      frames.reduce((total, frame) => total + count(frame), 0)
    expect(sum(({ outputTokens }) => outputTokens)).toBe(answer.usage.output)
    expect(sum(({ reasoningTokens = 0 }) => reasoningTokens)).toBe(answer.usage.reasoning)
    expect(() => JSON.parse(reading.generation.body(answer)) as unknown).not.toThrow()
  }
  expect(answered).toBeGreaterThan(50)
})
