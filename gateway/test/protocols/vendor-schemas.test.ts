// Every body that the encoders write, held against the vendors' own definitions: requests to accounts of every vendor on each of its
// wires, for models of every kind.
import fc from 'fast-check'
import { AppError, serviceTypes } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { catalogueModels } from '../../src/core/pricing/catalogue.ts'
import { accountProtocols } from '../../src/core/protocols/index.ts'
import { traitsOfUnknown, type ModelTraits } from '../../src/core/protocols/model-traits.ts'
import type { AccountProtocol } from '../../src/core/protocols/protocol.ts'
import { encodeFitted } from '../../src/core/protocols/translate.ts'
import { providers } from '../../src/core/providers/index.ts'
import { anyRequest } from '../support/any-conversation.ts'
import { misfits, type Definition } from '../support/vendor-schemas.ts'

const runs = Number(process.env['SCHEMA_RUNS'] ?? 300)

const requestDefinitions: Record<string, readonly Definition[]> = {
  'openai-chat': [
    { file: 'openai-types', name: 'ChatRequest' },
    { file: 'openai-document', name: 'CreateChatCompletionRequest' },
  ],
  'openai-responses': [
    { file: 'openai-types', name: 'ResponsesRequest' },
    { file: 'openai-document', name: 'CreateResponse' },
  ],
  anthropic: [
    { file: 'anthropic-types', name: 'Request' },
    { file: 'anthropic-document', name: 'CreateMessageParams' },
  ],
  gemini: [
    { file: 'google-types', name: 'Request' },
    { file: 'google-document', name: 'GenerateContentRequest' },
  ],
}

/** One of each kind of model that the vendor has, and one that the catalogue does not know. */
function kindsOfTraits(serviceType: (typeof serviceTypes)[number]): ModelTraits[] {
  const known = catalogueModels(serviceType).filter(({ kind }) => kind === 'chat')
  const all = [traitsOfUnknown, ...known.map(({ traits }) => traits)]
  return [...new Map(all.map((traits) => [JSON.stringify(traits), traits])).values()]
}

const lanes = serviceTypes.flatMap((serviceType) =>
  providers[serviceType].wires.flatMap((wire) => {
    const { translation }: AccountProtocol = accountProtocols[wire.protocol]
    return translation ? [{ name: `${serviceType} on ${wire.protocol}`, serviceType, wire, translation }] : []
  }),
)

test.each(lanes)('TR19 requests to $name fit the definitions of that wire', ({ serviceType, wire, translation }) => {
  const traits = fc.constantFrom(...kindsOfTraits(serviceType))
  let written = 0
  fc.assert(
    fc.property(anyRequest, traits, (request, traits) => {
      const body = encoded(() => encodeFitted(request, translation, { traits, options: wire }).body)
      if (body === undefined) return
      written += 1
      const definitions = requestDefinitions[wire.protocol] ?? []
      expect(definitions.flatMap((definition) => misfits(definition, body))).toEqual([])
    }),
    { numRuns: runs },
  )
  expect(written).toBeGreaterThan(runs / 5)
})

/** Undefined where the request is refused: what this account cannot be told of is not written at all. */
function encoded(encode: () => Buffer): unknown {
  try {
    return JSON.parse(encode().toString('utf8'))
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_translatable') return undefined
    throw error
  }
}
