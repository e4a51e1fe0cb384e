// The cost that is promised is the cost that is stored.
import { verify } from '@node-rs/argon2'
import { expect, test } from 'vitest'
import { hashPassword } from './password.ts'

test('passwords are hashed by argon2id with the OWASP parameters and a salt of their own', async () => {
  const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(first).not.toBe(second)
  expect(await verify(first, 'correct horse')).toBe(true)
  expect(await verify(first, 'correct horsf')).toBe(false)
})
