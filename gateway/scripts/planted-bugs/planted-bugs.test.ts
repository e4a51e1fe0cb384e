// The list keeps up with the code: each bug has its place, and its tests exist. That they notice, `npm run planted-bugs` shows.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moneyBugs } from './money.ts'
import { plant } from './planted-bug.ts'

const root = join(import.meta.dirname, '../../..')

test.each(moneyBugs)('$what: has its place', (bug) => {
  expect(plant(readFileSync(join(root, bug.file), 'utf8'), bug)).toBeDefined()
  expect(bug.tests.every((file) => existsSync(join(root, file)))).toBe(true)
})

test('there are twenty at least, and none twice', () => {
  expect(new Set(moneyBugs.map(({ text }) => text)).size).toBe(moneyBugs.length)
  expect(moneyBugs.length).toBeGreaterThanOrEqual(20)
})
