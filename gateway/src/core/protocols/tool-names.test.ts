// Tools whose names a wire does not take: renamed wherever they are named, and called back by their own.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainRequest, type ChatRequest } from './chat.ts'
import { accountProtocols } from './index.ts'
import { nameTools, portableName } from './tool-names.ts'

const patterns = Object.values(accountProtocols).flatMap((protocol) =>
  'translation' in protocol && protocol.translation ? [protocol.translation.toolNames] : [],
)

function requestWith(names: readonly string[]): ChatRequest {
  const tools = names.map((name) => ({ name, description: undefined, parameters: {}, strict: undefined }))
  const calls = names.map((name, index) => ({
    type: 'tool-call' as const,
    id: `c${index}`,
    name,
    argumentsJson: '{}',
  }))
  const results = calls.map(({ id, name }) => ({
    type: 'tool-result' as const,
    callId: id,
    name,
    content: [],
    isError: false,
  }))
  return {
    ...plainRequest,
    model: 'm',
    stream: false,
    tools,
    toolChoice: names[0] === undefined ? undefined : { type: 'tool', name: names[0] },
    messages: [
      { role: 'assistant', content: calls },
      { role: 'user', content: results },
    ],
  }
}

const namesOf = ({ tools, toolChoice, messages }: ChatRequest): (string | undefined)[] => [
  ...tools.map(({ name }) => name),
  toolChoice?.type === 'tool' ? toolChoice.name : undefined,
  ...messages.flatMap(({ content }) => content.map((part) => ('name' in part ? part.name : undefined))),
]

test('names that a wire takes stay as they are, and so does the request', () => {
  const request = requestWith(['weather', 'mcp__files__read'])
  for (const allowed of patterns) expect(nameTools(request, allowed)).toEqual({ request, clientNames: undefined })
})

test('every other name becomes one that the wire takes, everywhere in the request, and leads back', () => {
  const name = fc.oneof(fc.string({ minLength: 1, maxLength: 150 }), fc.stringMatching(/^[\w.:/ -]{1,150}$/))
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), (names) => {
      for (const allowed of patterns) {
        const { request, clientNames } = nameTools(requestWith(names), allowed)
        const renamed = namesOf(request).filter((one) => one !== undefined)
        for (const one of renamed) expect(one).toMatch(allowed)
        const back = renamed.map((one) => clientNames?.get(one) ?? one)
        expect(back).toEqual(namesOf(requestWith(names)))
      }
    }),
  )
})

test('names that would be cut or changed alike stay apart', () => {
  expect(portableName('a.b')).not.toBe(portableName('a:b'))
  expect(portableName(`${'n'.repeat(80)}1`)).not.toBe(portableName(`${'n'.repeat(80)}2`))
  expect(portableName('7zip')).toMatch(/^_7zip_[0-9a-f]{8}$/)
})
