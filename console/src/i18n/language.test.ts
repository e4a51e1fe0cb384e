// Tests of language.ts.
import { expect, test } from 'vitest'
import { chooseLanguage } from './language.ts'

test.each([
  [null, ['en-US', 'en'], 'en'],
  [null, ['de-DE', 'fr'], 'en'],
  [null, ['zh-CN', 'zh'], 'zh-CN'],
  [null, ['zh-TW'], 'zh-CN'],
  [null, ['en-US', 'zh-Hans-CN'], 'zh-CN'],
  [null, [], 'zh-CN'],
  // Zhuang, not Chinese.
  [null, ['zha'], 'en'],
  ['en', ['zh-CN'], 'en'],
  ['zh-CN', ['en-US'], 'zh-CN'],
  ['klingon', ['en-US'], 'en'],
] as const)('the choice %o and a browser that wants %o give %s', (stored, preferred, language) => {
  expect(chooseLanguage(stored, preferred)).toBe(language)
})
