// Canonical conversations in the form that the Messages wire gives back as it got it: turns alternate, results stand at the head
// of the turn after their calls, no text is blank. Used by the tests of this wire only.
import fc from 'fast-check'
import { plainRequest, type CacheMark, type ChatMessage, type ChatRequest, type ContentPart } from '../../chat.ts'
import type { ModelTraits } from '../../model-traits.ts'
import { traitsOfUnknown } from '../../model-traits.ts'

export const adaptiveTraits: ModelTraits = {
  ...traitsOfUnknown,
  outputTokensMax: 128_000,
  reasoning: 'adaptive',
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  takesSampling: false,
  takesPrefill: false,
}
export const budgetTraits: ModelTraits = { ...traitsOfUnknown, outputTokensMax: 64_000, reasoning: 'budget' }

export function requestOf(request: Partial<ChatRequest> = {}): ChatRequest {
  const messages: ChatMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
  return { ...plainRequest, model: 'm', messages, stream: false, ...request }
}

const textArbitrary = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text && text !== '')
const nameArbitrary = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
const recordArbitrary = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4, noNullPrototype: true })

const textPart = textArbitrary.map((text) => ({ type: 'text' as const, text }))
const imagePart = fc.oneof(
  fc.constant({ type: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', base64: 'aGk=' } }),
  fc.webUrl().map((url) => ({ type: 'image' as const, source: { kind: 'url' as const, url } })),
)
const materialArbitrary = fc.array(fc.oneof(textPart, imagePart), { maxLength: 3 })

interface Round {
  question: ContentPart[]
  words: ContentPart[]
  calls: { name: string; input: Record<string, unknown>; content: ReturnType<typeof Object>; isError: boolean }[]
}

const roundArbitrary: fc.Arbitrary<Round> = fc.record({
  question: fc.array(fc.oneof(textPart, imagePart), { minLength: 1, maxLength: 3 }),
  words: fc.array(textPart, { minLength: 1, maxLength: 2 }),
  calls: fc.array(
    fc.record({ name: nameArbitrary, input: recordArbitrary, content: materialArbitrary, isError: fc.boolean() }),
    { maxLength: 3 },
  ),
})

function messagesOf(rounds: readonly Round[], question: ContentPart[]): ChatMessage[] {
  const messages: ChatMessage[] = []
  let results: ContentPart[] = []
  for (const [at, round] of rounds.entries()) {
    messages.push({ role: 'user', content: [...results, ...round.question] })
    const id = (index: number) => `toolu_${at}-${index}`
    const calls = round.calls.map(({ name, input }, index): ContentPart => {
      return { type: 'tool-call', id: id(index), name, argumentsJson: JSON.stringify(input) }
    })
    results = round.calls.map(({ name, content, isError }, index): ContentPart => {
      return { type: 'tool-result', callId: id(index), name, content: content as [], isError }
    })
    messages.push({ role: 'assistant', content: [...round.words, ...calls] })
  }
  return [...messages, { role: 'user', content: [...results, ...question] }]
}

const messagesArbitrary = fc
  .tuple(fc.array(roundArbitrary, { maxLength: 3 }), fc.array(textPart, { minLength: 1, maxLength: 2 }))
  .map(([rounds, question]) => messagesOf(rounds, question))

const toolArbitrary = fc.record({
  name: nameArbitrary,
  description: fc.option(textArbitrary, { nil: undefined }),
  properties: fc.dictionary(nameArbitrary, fc.constantFrom({ type: 'string' }, { type: 'number' }), { maxKeys: 3, noNullPrototype: true }),
})

const toolsArbitrary = fc
  .uniqueArray(toolArbitrary, { maxLength: 3, selector: ({ name }) => name })
  .map((tools) =>
    tools.map(({ name, description, properties }) => {
      return { name, description, parameters: { type: 'object', properties }, strict: undefined }
    }),
  )

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })

/** What both kinds of models take; no thinking. */
export const requestArbitrary: fc.Arbitrary<ChatRequest> = fc
  .record({
    model: nameArbitrary,
    systemTexts: fc.array(textArbitrary, { minLength: 1, maxLength: 2 }),
    mark: fc.constantFrom<CacheMark>('5m', '1h'),
    messages: messagesArbitrary,
    tools: toolsArbitrary,
    choice: fc.constantFrom('auto', 'none', 'required', 'tool', undefined),
    isSingle: fc.boolean(),
    maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
    temperature: optional(fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
    topK: optional(fc.integer({ min: 1, max: 500 })),
    stopSequences: fc.array(textArbitrary, { maxLength: 3 }),
    userId: optional(textArbitrary),
    stream: fc.boolean(),
  })
  .map(({ systemTexts, mark, choice, isSingle, ...rest }) => {
    const system = systemTexts.map((text) => ({ type: 'text' as const, text }))
    const first = rest.tools[0]
    const named = first === undefined ? undefined : ({ type: 'tool', name: first.name } as const)
    const toolChoice = choice === undefined ? undefined : choice === 'tool' ? named : ({ type: choice } as const)
    return {
      ...plainRequest,
      ...rest,
      system: [...system.slice(0, -1), { ...(system.at(-1) ?? { type: 'text', text: 'x' }), cacheMark: mark }],
      toolChoice: first === undefined ? undefined : toolChoice,
      parallelToolCalls: first !== undefined && isSingle && choice !== 'none' ? false : undefined,
    }
  })
