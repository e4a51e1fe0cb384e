// The document of the protocols against the tables that it is made from.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderProtocols } from './protocols.ts'

test('docs/protocols.md says what the tables of the program say; `npm run docs` makes it', () => {
  const document = readFileSync(new URL('../../../docs/protocols.md', import.meta.url), 'utf8')
  expect(document).toBe(renderProtocols())
})
