// Tests of snippets.ts.
import { expect, test } from 'vitest'
import { buildSnippet, maskKey, placeholderKey, snippetIds } from './snippets.ts'

const context = {
  origin: 'https://ai.example.com',
  apiKey: 'aicp_abcdefgh_0123456789secret',
  groupId: 'c0ffee00-0000-4000-8000-000000000000',
  models: ['gemini-2.5-flash', 'gpt-4o', 'claude-haiku-4-5', 'claude-sonnet-4-5', 'qwen3-coder-plus'],
}

test.each(snippetIds)('%s holds the origin of the page and the key', (id) => {
  const text = buildSnippet(id, context)
  expect(text).toContain(context.origin)
  expect(text).toContain(context.apiKey)
})

test.each(snippetIds)('%s shows a placeholder while there is no key', (id) => {
  expect(buildSnippet(id, { ...context, apiKey: undefined })).toContain(placeholderKey)
})

test.each([
  ['curl-completions', 'gpt-4o'],
  ['curl-messages', 'claude-sonnet-4-5'],
  ['claude-code', 'claude-sonnet-4-5'],
  ['qwen-code', 'qwen3-coder-plus'],
  ['curl-chat', 'gemini-2.5-flash'],
] as const)('%s takes the model of the group that suits it: %s', (id, model) => {
  expect(buildSnippet(id, context)).toContain(model)
})

test('a group without a suiting model still gets one that it has', () => {
  expect(buildSnippet('claude-code', { ...context, models: ['qwen-max'] })).toContain('ANTHROPIC_MODEL=qwen-max')
})

test.each(['curl-chat', 'curl-completions', 'curl-messages'] as const)('the body of %s is valid JSON', (id) => {
  const body = /-d '(.*)'$/s.exec(buildSnippet(id, context))?.[1] ?? ''
  expect(JSON.parse(body)).toMatchObject({ messages: [{ role: 'user', content: 'Hello' }] })
})

test('a masked key keeps its prefix and last four characters only', () => {
  expect(maskKey(context.apiKey)).toBe('aicp_••••••••cret')
  expect(maskKey('other-key-1234')).toBe('••••••••1234')
})
