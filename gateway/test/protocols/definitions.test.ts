// That the vendors' definitions refuse anything at all: a definition that everything fits proves nothing.
import { expect, test } from 'vitest'
import { providers, serviceTypes } from '../../src/core/providers/index.ts'
import { misfits, type Definition } from '../support/vendor-schemas.ts'
import { answerDefinitions, requestDefinitions } from '../support/wire-definitions.ts'

const requests = serviceTypes.flatMap((serviceType) =>
  providers[serviceType].wires.flatMap(({ protocol }) => requestDefinitions(serviceType, protocol)),
)
const answers = Object.values(answerDefinitions).flatMap((own) => (Object.values(own) as Definition[][]).flat())
const all = new Map(
  [...requests, ...answers].map((definition) => [`${definition.file} ${definition.name}`, definition]),
)

test.each([...all])('%s refuses what is none', (_, definition) => {
  expect(misfits(definition, { model: 1, nonsense: 1 }, new Set())).not.toEqual([])
  if (definition.file.endsWith('types')) expect(misfits(definition, [], new Set())).not.toEqual([])
})

const request = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }
const older: Definition = { file: 'anthropic-older-types', name: 'Request' }
const document: Definition = { file: 'anthropic-document', name: 'CreateMessageParams' }

test('what is wrong is said of the member that was meant', () => {
  expect(misfits(older, request, new Set())).toEqual([])
  const content = [{ type: 'text', text: 'hi', nonsense: 1 }]
  const [said] = misfits(older, { ...request, messages: [{ role: 'user', content }] }, new Set())
  expect(said).toContain('/messages/0/content/0 must NOT have additional properties {"additionalProperty":"nonsense"}')
  const [limit] = misfits(document, { ...request, max_tokens: -1 }, new Set())
  expect(limit).toContain('/max_tokens must be >=')
})

test('an exception is for one value of one member, and is noted where it was needed', () => {
  const exception = { at: 'messages.*.nonsense', values: [1], source: 'this test' }
  const excepting = { ...older, exceptions: [exception] }
  const withNonsense = (nonsense: number) => ({ ...request, messages: [{ ...request.messages[0], nonsense }] })
  const met = new Set<typeof exception>()
  expect(misfits(excepting, request, met)).toEqual([])
  expect(misfits(excepting, withNonsense(2), met)).not.toEqual([])
  expect(met.size).toBe(0)
  expect(misfits(excepting, withNonsense(1), met)).toEqual([])
  expect([...met]).toEqual([exception])
})
