// Canonical conversations in the form that the Responses wire gives back as it got it: one instruction, no text is empty, results
// follow their calls. Used by the tests of this wire only.
import fc from 'fast-check'
import { plainRequest, type ChatMessage, type ChatRequest, type ContentPart } from '../../chat.ts'

const textArbitrary = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const nameArbitrary = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
const textPart = textArbitrary.map((text) => ({ type: 'text' as const, text }))
const imagePart = fc.oneof(
  fc.constant({ type: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', base64: 'aGk=' } }),
  fc.webUrl().map((url) => ({ type: 'image' as const, source: { kind: 'url' as const, url } })),
)
const materialArbitrary = fc.array(fc.oneof(textPart, imagePart), { minLength: 1, maxLength: 3 })
const resultArbitrary = fc.oneof(
  textPart.map((part) => [part]),
  fc.tuple(textPart, imagePart),
)
const roundArbitrary = fc.record({
  question: materialArbitrary,
  words: textPart,
  calls: fc.array(fc.record({ name: nameArbitrary, input: fc.dictionary(fc.string(), fc.jsonValue()), content: resultArbitrary }), {
    maxLength: 3,
  }),
})

const messagesArbitrary = fc.array(roundArbitrary, { minLength: 1, maxLength: 3 }).map((rounds): ChatMessage[] =>
  rounds.flatMap(({ question, words, calls }, at): ChatMessage[] => {
    const made = calls.map(({ name, input, content }, index) => ({ id: `call_${at}_${index}`, name, input, content }))
    const callParts = made.map(({ id, name, input }): ContentPart => {
      return { type: 'tool-call', id, name, argumentsJson: JSON.stringify(input) }
    })
    const results = made.map(({ id, name, content }): ContentPart => {
      return { type: 'tool-result', callId: id, name, content, isError: false }
    })
    const answered: ChatMessage[] = results.length === 0 ? [] : [{ role: 'user', content: results }]
    return [{ role: 'user', content: question }, { role: 'assistant', content: [words, ...callParts] }, ...answered]
  }),
)

const toolsArbitrary = fc.uniqueArray(
  fc.record({
    name: nameArbitrary,
    description: fc.option(textArbitrary, { nil: undefined }),
    parameters: fc.constantFrom<Record<string, unknown>>(
      { type: 'object', properties: {} },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    ),
    strict: fc.constant(false),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
)

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })

export const requestArbitrary: fc.Arbitrary<ChatRequest> = fc
  .record({
    model: nameArbitrary,
    instruction: optional(textArbitrary),
    messages: messagesArbitrary,
    tools: toolsArbitrary,
    choice: fc.constantFrom('auto', 'none', 'required', 'tool', undefined),
    isSingle: fc.boolean(),
    maxOutputTokens: optional(fc.integer({ min: 16, max: 64_000 })),
    temperature: optional(fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0)),
    effort: fc.constantFrom('none' as const, 'low' as const, 'high' as const, undefined),
    isShown: fc.boolean(),
    userId: optional(textArbitrary),
    stream: fc.boolean(),
  })
  .map(({ instruction, choice, isSingle, effort, isShown, ...rest }) => {
    const first = rest.tools[0]
    const named = first && ({ type: 'tool', name: first.name } as const)
    const toolChoice = choice === 'tool' ? named : choice && ({ type: choice } as const)
    const reasoning = effort && { effort, budgetTokens: undefined, isShown: isShown && effort !== 'none' }
    return {
      ...plainRequest,
      ...rest,
      system: instruction === undefined ? [] : [{ type: 'text' as const, text: instruction }],
      toolChoice: first && toolChoice,
      parallelToolCalls: first && isSingle ? false : undefined,
      reasoning,
    }
  })
