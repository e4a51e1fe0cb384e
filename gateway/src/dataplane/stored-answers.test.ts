// What is remembered of stored answers, and for how long.
import type { AccountId, GroupId } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { createStoredAnswers } from './stored-answers.ts'

const keeper = (accountId: string) => ({ groupId: 'g' as GroupId, accountId: accountId as AccountId })

test('the oldest are forgotten, and what is said again counts as new', () => {
  const stored = createStoredAnswers()
  stored.note(['first', 'second'], keeper('a'))
  for (let count = 0; count < 49_998; count += 1) stored.note([`id${count}`], keeper('b'))
  expect(stored.keeperOf('first')).toEqual(keeper('a'))
  stored.note(['first'], keeper('c'))
  stored.note(['one more'], keeper('b'))
  expect(stored.keeperOf('first')).toEqual(keeper('c'))
  expect(stored.keeperOf('second')).toBeUndefined()
  expect(stored.keeperOf('one more')).toEqual(keeper('b'))
})
