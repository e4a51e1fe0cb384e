// Every request that the encoders of accounts write, held against the vendors' own definitions: to each vendor on each of its wires,
// for models of every kind.
// SCHEMA_CASES sets how many of each (400 unless given), SCHEMA_SEED which.
import fc from 'fast-check'
import { AppError, assert } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { accountProtocols, clientProtocols } from '../../src/core/protocols/index.ts'
import type { AccountProtocol, ClientProtocol } from '../../src/core/protocols/protocol.ts'
import { encodeFitted } from '../../src/core/protocols/translate.ts'
import { providers, serviceTypes } from '../../src/core/providers/index.ts'
import { anyRequest } from '../support/any-conversation.ts'
import { kindsOfTraits } from '../support/kinds-of-traits.ts'
import { misfits, type Exception } from '../support/vendor-schemas.ts'
import { requestDefinitions } from '../support/wire-definitions.ts'

const cases = Number(process.env['SCHEMA_CASES'] ?? 400)
const seed = Number(process.env['SCHEMA_SEED'] ?? 20_261_126)
/** Fewer cases may leave an exception unmet. */
const casesMin = 400

const lanes = serviceTypes.flatMap((serviceType) =>
  providers[serviceType].wires.flatMap((wire) => {
    const { translation }: AccountProtocol = accountProtocols[wire.protocol]
    return translation ? [{ name: `${serviceType} on ${wire.protocol}`, serviceType, wire, translation }] : []
  }),
)

test.each(lanes)('TR19 requests to $name fit the vendors’ definitions', ({ serviceType, wire, translation }) => {
  const definitions = requestDefinitions(serviceType, wire.protocol)
  expect(definitions.length).toBeGreaterThan(1)
  const met = new Set<Exception>()
  let written = 0
  const traits = fc.constantFrom(...kindsOfTraits(serviceType))
  fc.assert(
    fc.property(anyRequest, traits, (request, traits) => {
      const body = encoded(() => encodeFitted(request, translation, { traits, options: wire }).body)
      if (body === undefined) return
      written += 1
      expect(definitions.flatMap((definition) => misfits(definition, body, met))).toEqual([])
    }),
    { numRuns: cases, seed },
  )
  expect(written).toBeGreaterThan(cases / 4)
  // An exception that nothing needs any more is none.
  if (cases >= casesMin) expect([...met]).toHaveLength(definitions.flatMap(({ exceptions }) => exceptions ?? []).length)
})

test.each(lanes)(
  'TR19 what is changed in a client’s own request to $name fits, too',
  ({ wire, serviceType, translation }) => {
    const definitions = requestDefinitions(serviceType, wire.protocol)
    const protocol: AccountProtocol = accountProtocols[wire.protocol]
    const client = Object.values<ClientProtocol>(clientProtocols).find(({ id }) => id === wire.protocol)
    assert(client, 'every translated wire has clients')
    const traits = fc.constantFrom(...kindsOfTraits(serviceType))
    const changes = fc.record({
      model: fc.option(fc.constant('other'), { nil: undefined }),
      maxOutputTokens: fc.option(fc.constant(20), { nil: undefined }),
      renamesOlderMaximum: fc.boolean(),
    })
    let written = 0
    fc.assert(
      fc.property(anyRequest, traits, changes, fc.boolean(), (request, traits, changes, isBare) => {
        const own = encoded(() => encodeFitted(request, translation, { traits, options: wire }).body)
        if (own === undefined) return
        const body = isBare ? { ...(own as object), stream_options: undefined } : (own as object)
        const bytes = Buffer.from(JSON.stringify(body))
        const target = { model: 'm', stream: request.stream }
        const facts = client.inspectRequest(JSON.parse(bytes.toString('utf8')) as Record<string, unknown>, target)
        const sent: unknown = JSON.parse(protocol.adaptRequest(bytes, facts, changes, target).body.toString('utf8'))
        expect(definitions.flatMap((definition) => misfits(definition, sent, new Set()))).toEqual([])
        written += 1
      }),
      { numRuns: cases, seed },
    )
    expect(written).toBeGreaterThan(cases / 4)
  },
)

/** Undefined where the request is refused: what this account cannot be told of is not written at all. */
function encoded(encode: () => Buffer): unknown {
  try {
    return JSON.parse(encode().toString('utf8'))
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_translatable') return undefined
    throw error
  }
}
