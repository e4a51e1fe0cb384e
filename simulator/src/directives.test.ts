// What a prompt can ask for: where directives are found, what their arguments may hold, and when they no longer count.
import { expect, test } from 'vitest'
import { findCalls, findEcho, findTag, findThink, findTokens } from './directives.ts'
import type { Prompt } from './prompt.ts'
import { promptBlock } from './prompt.ts'
import { createTurnLog } from './turn-log.ts'

function prompt(text: string): Prompt {
  return { blocks: [promptBlock('user', text)], lastUserText: text }
}

test.each([
  ['[[tool:Bash]]', [{ name: 'Bash', arguments: null }]],
  ['[[tool:Bash {"command":"ls"}]]', [{ name: 'Bash', arguments: { command: 'ls' } }]],
  ['[[tool:f {"a":[[1],[2]]}]] rest', [{ name: 'f', arguments: { a: [[1], [2]] } }]],
  ['[[tool:f {"a":"}]] not the end"}]]', [{ name: 'f', arguments: { a: '}]] not the end' } }]],
  [
    'do [[tool:a]] and [[tool:mcp__b.c {}]]',
    [
      { name: 'a', arguments: null },
      { name: 'mcp__b.c', arguments: {} },
    ],
  ],
  ['[[tool:f {"a":}]]', []],
  ['[[tool:f [1]]]', []],
  ['tool:f', []],
])('calls in %s', (text, calls) => {
  expect(findCalls(prompt(text))).toEqual(calls)
})

test('of several directives of a kind the latest counts, and numbers are bounded', () => {
  expect(findEcho(prompt('[[echo:one]] [[echo:two]]'))).toBe('two')
  expect(findTokens(prompt('[[tokens:1]] [[tokens:22]]'))).toBe(22)
  expect(findThink(prompt('[[think:0]]'))).toBe(0)
  expect(findTokens(prompt('[[tokens:99999999]]'))).toBeNull()
  expect(
    findTag({ blocks: [promptBlock('user', '[[tag:a]]'), promptBlock('user', '[[tag:b]]')], lastUserText: '' }),
  ).toBe('b')
})

test('a turn is everything the user wrote since the assistant or a tool spoke', () => {
  const turns = createTurnLog()
  turns.user('[[echo:old]]')
  turns.assistant()
  turns.user('<environment>')
  turns.user('new')
  expect(turns.ending()).toEqual({ lastUserText: '<environment>\nnew', toolResults: [] })
  turns.assistant()
  turns.toolResult('a', 'one')
  turns.toolResult('b', 'two')
  turns.user('<reminder>')
  expect(turns.ending()).toEqual({
    lastUserText: '<reminder>',
    toolResults: [
      { callId: 'a', text: 'one' },
      { callId: 'b', text: 'two' },
    ],
  })
})
