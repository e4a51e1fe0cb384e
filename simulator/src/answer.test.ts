// What an answer says: determined by seed, vendor, model and content, bounded by the cap, counted by the token rule.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Choice } from './answer.ts'
import { composeAnswer, partText } from './answer.ts'
import type { Prompt } from './prompt.ts'
import { promptBlock } from './prompt.ts'
import { isOwnSignature } from './thinking-signature.ts'
import { countTokens, splitTokens } from './token-count.ts'

function prompt(text: string): Prompt {
  return { blocks: [promptBlock('user', text)], lastUserText: text }
}

interface Changes extends Partial<Prompt> {
  seed?: number
  model?: string
  vendor?: string
  cap?: number
}

function compose(text: string, changes: Changes = {}) {
  const { seed = 7, model = 'm', vendor = 'v', cap = 10_000, ...wishes } = changes
  return only(
    composeAnswer({ seed, vendor, model, prompt: { ...prompt(text), ...wishes }, outputTokensMax: cap }).choices,
  )
}

/** The one choice of an answer, with its text. */
function only(choices: readonly Choice[]) {
  const [choice] = choices
  const texts = choice!.parts.filter((part) => part.kind === 'text')
  return { ...choice!, tokens: texts.flatMap((part) => part.tokens), text: texts.map(partText).join('') }
}

test('tokens of any text join to the text and are counted alike', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const tokens = splitTokens(text)
      expect(tokens.join('')).toBe(text)
      expect(countTokens(text)).toBe(tokens.length)
    }),
  )
})

test('an answer counts as many tokens as it was made of, whatever the seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, tokens) => {
      const answer = compose(`[[tokens:${tokens}]]`, { seed })
      expect(answer.tokens).toHaveLength(tokens)
      expect(countTokens(answer.tokens.join(''))).toBe(tokens)
    }),
  )
})

test('the same request has the same answer, another seed, vendor, model or content another', () => {
  const said = compose('hello').tokens.join('')
  expect(compose('hello').tokens.join('')).toBe(said)
  const others = [
    compose('hello', { seed: 8 }),
    compose('hello', { model: 'n' }),
    compose('hello', { vendor: 'w' }),
    compose('hello!'),
  ].map((answer) => answer.tokens.join(''))
  expect(new Set([said, ...others]).size).toBe(5)
})

test('some answers mix English and Chinese', () => {
  const texts = Array.from({ length: 20 }, (_, seed) => compose('[[tokens:100]]', { seed }).tokens.join(''))
  expect(texts.some((text) => /[a-z]/.test(text) && /[一-鿿]/.test(text))).toBe(true)
})

test('the cap cuts an answer and says so; an answer that just fits is whole', () => {
  expect(compose('[[tokens:50]]', { cap: 49 })).toMatchObject({ finish: 'length' })
  expect(compose('[[tokens:50]]', { cap: 49 }).tokens).toHaveLength(49)
  expect(compose('[[tokens:50]]', { cap: 50 })).toMatchObject({ finish: 'stop' })
})

test('an echo is exact, also with line breaks, and bounded by the cap', () => {
  expect(compose('[[echo:one\ntwo 三!]]').tokens.join('')).toBe('one\ntwo 三!')
  expect(compose('[[echo:one two three]]', { cap: 2 }).tokens.join('')).toBe('one two')
})

const WEATHER = {
  name: 'weather',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const CLOCK = { name: 'clock', schema: { type: 'object', properties: {} } }
const tools = [WEATHER, CLOCK]

function calls(text: string, changes: Changes = {}) {
  return compose(text, { tools, ...changes }).parts.flatMap((part) => (part.kind === 'tool-call' ? [part] : []))
}

test('tools are called as directives say, in parallel, with arguments given or invented', () => {
  const [weather, clock, again] = calls('[[tool:weather]] [[tool:clock {"zone":"UTC"}]] [[tool:weather]]')
  expect(JSON.parse(weather!.argumentsJson)).toEqual({ city: expect.any(String) })
  expect(clock).toMatchObject({ name: 'clock', argumentsJson: '{"zone":"UTC"}' })
  expect(new Set([weather!.id, clock!.id, again!.id]).size).toBe(3)
  expect(clock!.tokens.join('')).toBe(clock!.argumentsJson)
  expect(compose('[[tool:clock]]', { tools })).toMatchObject({ finish: 'tool-calls', text: '' })
  expect(compose('[[echo:first]] [[tool:clock]]', { tools })).toMatchObject({ finish: 'tool-calls', text: 'first' })
})

test('which tools may be called: those on offer, one at a time where parallel calls are off, and as chosen', () => {
  expect(calls('[[tool:stranger]]')).toEqual([])
  expect(calls('[[tool:clock]]', { toolChoice: 'none' })).toEqual([])
  expect(calls('[[tool:weather]] [[tool:clock]]', { parallelCalls: false })).toHaveLength(1)
  expect(calls('hello')).toEqual([])
  expect(calls('hello', { toolChoice: 'required' })).toHaveLength(1)
  expect(calls('hello', { toolChoice: ['clock'] })).toMatchObject([{ name: 'clock' }])
  expect(calls('[[tool:weather]]', { toolChoice: ['clock'] })).toMatchObject([{ name: 'clock' }])
})

test('an answer to tool results quotes them, up to a bound', () => {
  const result = (text: string) => ({ callId: 'c', text })
  expect(compose('', { toolResults: [result('42 degrees')] }).text).toContain('42 degrees')
  expect(compose('', { toolResults: [result('one'), result('two')] }).text).toMatch(/one.*two/)
  expect(compose('', { toolResults: [result('x'.repeat(5000))] }).text.length).toBeLessThan(500)
  expect(compose('[[echo:interrupted]]', { toolResults: [result('one')] }).text).toBe('interrupted')
})

test('thoughts come first, where wanted or asked for, and count towards the cap', () => {
  const thoughts = (text: string, changes: Changes) =>
    compose(text, changes).parts.flatMap((part) => (part.kind === 'thinking' ? part.tokens : []))
  const wanted = { thinking: { wanted: true, tokensMax: null } }
  expect(compose('hello', wanted).parts.map(({ kind }) => kind)).toEqual(['thinking', 'text'])
  expect(thoughts('[[think:33]]', wanted)).toHaveLength(33)
  expect(thoughts('[[think:33]]', { thinking: { wanted: false, tokensMax: 20 } })).toHaveLength(20)
  expect(thoughts('hello', { thinking: { wanted: false, tokensMax: null } })).toEqual([])
  expect(thoughts('[[think:33]]', {})).toEqual([])
  const cut = compose('[[think:33]] [[tokens:9]]', { ...wanted, cap: 40 })
  expect(cut).toMatchObject({ finish: 'length' })
  expect(cut.tokens).toHaveLength(7)
  expect(compose('[[think:33]] [[tokens:9]]', { ...wanted, cap: 30 }).parts).toHaveLength(1)
  const beside = { thinking: { wanted: true, tokensMax: null, isBesideCap: true } }
  expect(compose('[[think:33]] [[tokens:9]]', { ...beside, cap: 9 })).toMatchObject({ finish: 'stop' })
})

test('a thought that the cap cut is signed as it is', () => {
  const cut = compose('[[think:33]]', { thinking: { wanted: true, tokensMax: null }, cap: 5 }).parts[0]!
  expect(cut.kind === 'thinking' && isOwnSignature(cut.signature, partText(cut))).toBe(true)
})

test('a stop sequence ends the text before it, and calls after it are never made', () => {
  expect(compose('[[echo:one two three]]', { stops: ['three', ' two'] })).toMatchObject({
    finish: 'stop',
    stopSequence: ' two',
    text: 'one',
  })
  expect(compose('[[echo:one]]', { stops: ['four', ''] })).toMatchObject({ stopSequence: null, text: 'one' })
  expect(compose('[[echo:one two]] [[tool:clock]]', { tools, stops: ['two'] })).toMatchObject({ finish: 'stop' })
  expect(compose('[[echo:one two three]]', { stops: ['three'], cap: 1 })).toMatchObject({
    finish: 'length',
    stopSequence: null,
  })
})

test('structured answers are JSON that fits, unless the prompt says what to answer', () => {
  const answer = compose('hello', { outputSchema: WEATHER.schema })
  expect(JSON.parse(answer.text)).toEqual({ city: expect.any(String) })
  expect(compose('[[echo:{}]]', { outputSchema: WEATHER.schema }).text).toBe('{}')
})

test('a refusal, and several choices that differ', () => {
  expect(compose('[[refuse]]')).toMatchObject({ finish: 'content-filter' })
  const request = { seed: 1, vendor: 'v', model: 'm', prompt: { ...prompt('hello'), choices: 3 }, outputTokensMax: 999 }
  const texts = composeAnswer(request).choices.map(({ parts }) => parts.map(partText).join(''))
  expect(new Set(texts).size).toBe(3)
  expect(texts[0]).toBe(compose('hello', { seed: 1 }).text)
})
