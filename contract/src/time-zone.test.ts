// Tests of time-zone.ts.
import { expect, test } from 'vitest'
import { timeZoneName } from './time-zone.ts'

test.each(['Asia/Shanghai', 'Asia/Kolkata', 'America/Argentina/ComodRivadavia', 'UTC', 'Etc/GMT-8'])(
  '%s is a time zone',
  (name) => {
    expect(timeZoneName.parse(name)).toBe(name)
  },
)

test.each([
  'Mars/Olympus',
  '',
  'Shanghai',
  // What `Intl` takes and PostgreSQL reads with the sign turned round.
  '+08:00',
  '-05',
  'UTC+8',
  ' Asia/Shanghai',
])('%o is none, and the message says what one looks like', (name) => {
  expect(timeZoneName.safeParse(name).error?.issues[0]?.message).toContain('such as Asia/Shanghai')
})

test('a text of any length is answered without being looked up', () => {
  expect(timeZoneName.safeParse(`Asia/${'x'.repeat(60)}`).success).toBe(false)
})
