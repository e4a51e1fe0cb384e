// Requests that went wrong somewhere: the reader answers or refuses, it never throws, and whatever it answers, the
// stream accounts for every token of it.
import { expect, test } from 'vitest'
import { composeAnswer, partTokens } from '../../answer.ts'
import type { Choice } from '../../answer.ts'
import { NO_USAGE } from '../../ledger.ts'
import { mutateRequest } from '../../mutated-request.ts'
import { createRandom } from '../../random.ts'
import type { Answer, Generation } from '../../vendor.ts'
import { gemini } from './vendor.ts'

const SEED = 20_261_124
const REQUESTS = 3000

const REQUEST = {
  contents: [
    {
      role: 'user',
      parts: [{ text: '[[tool:f]]' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
    },
    { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'x' } } }] },
    { role: 'model', parts: [{ text: 'well' }] },
    { role: 'user', parts: [{ text: '[[think:9]] [[tool:f]] [[tokens:30]]' }] },
  ],
  systemInstruction: { parts: [{ text: 'x' }] },
  tools: [
    {
      functionDeclarations: [
        { name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'ARRAY', items: { type: 'STRING' } } } } },
      ],
    },
  ],
  toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
  generationConfig: {
    thinkingConfig: { includeThoughts: true, thinkingBudget: 512 },
    stopSequences: ['zzz'],
    candidateCount: 2,
    responseLogprobs: true,
  },
}

function answerTo(generation: Generation): Answer {
  const { model, prompt } = generation
  const outputTokensMax = Math.min(generation.outputTokensMax ?? 100, 100)
  const { choices, random } = composeAnswer({ seed: 1, vendor: 'gemini', model, prompt, outputTokensMax })
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
  const endpoint = gemini.endpoint(
    'POST',
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
    new URLSearchParams(),
  )
  if (endpoint?.kind !== 'generation') return expect.unreachable()
  const stored = { get: () => undefined, set: () => {}, delete: () => false }
  let answered = 0
  for (let index = 0; index < REQUESTS; index += 1) {
    const body = mutateRequest(REQUEST, createRandom(SEED, index))
    const reading = endpoint.read({ headers: {}, body, stored, organisation: 'o' })
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
