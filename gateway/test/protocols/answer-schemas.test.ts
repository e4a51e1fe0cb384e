// Everything that the encoders for clients write, held against the vendors' own definitions: whole answers and every event of streams,
// refusals, lists of models and counts of tokens.
// SCHEMA_CASES sets how many of each (1,000 unless given), SCHEMA_SEED which.
import fc from 'fast-check'
import { AppError, assert, errorRegistry, type ErrorCode } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { clientProtocols } from '../../src/core/protocols/index.ts'
import type { ClientProtocol } from '../../src/core/protocols/protocol.ts'
import { answerText, asSaidBy, callingTools, clients, targetOf } from '../support/any-client.ts'
import { anyAnswer, anyRequest } from '../support/any-conversation.ts'
import { allMisfits, answerMisfits, entriesOf, entryMisfits, errorMisfits } from '../support/answer-misfits.ts'
import type { Definition, Exception } from '../support/vendor-schemas.ts'
import { answerDefinitions } from '../support/wire-definitions.ts'

const cases = Number(process.env['SCHEMA_CASES'] ?? 1000)
const seed = Number(process.env['SCHEMA_SEED'] ?? 20_261_126)
const context = { requestId: '00000000-0000-7000-8000-000000000000', createdAtMs: 1_700_000_000_000 }

/** Fewer may leave an exception unmet. */
const casesMin = 1000

const lanes = Object.entries(answerDefinitions).map(([name, definitions]) => {
  const client = clients.find(({ id }) => id === name.split(' ')[0])
  assert(client, 'definitions are of clients')
  return {
    name,
    client,
    protocol: client.protocol,
    version: name.split(' ')[1],
    definitions,
    met: new Set<Exception>(),
  }
})

test('TR20 every client of a vendor’s wire has definitions', () => {
  for (const { id } of clients) expect(lanes.map(({ client }) => client.id)).toContain(id)
})

test.each(lanes)(
  'TR20 answers to clients of $name fit their definitions',
  ({ client, protocol, version, definitions, met }) => {
    let written = 0
    fc.assert(
      fc.property(anyRequest, anyAnswer, fc.nat(), (asked, answer, choice) => {
        const request = asSaidBy(client, asked, choice)
        if (!request || !protocol.translation) return
        const target = targetOf(client, request)
        const encoder = protocol.translation.createAnswerEncoder(request, { ...context, target, version })
        const text = answerText(encoder, request.stream, callingTools(answer.events, request), answer.usage)
        expect(answerMisfits(definitions, text, request.stream, met)).toEqual([])
        written += 1
      }),
      { numRuns: cases, seed },
    )
    expect(written).toBeGreaterThan(cases / 4)
  },
)

test.each(lanes)('TR20 refusals to clients of $name fit the vendors’ definitions', ({ protocol, definitions, met }) => {
  for (const code of Object.keys(errorRegistry) as ErrorCode[]) {
    for (const options of [{}, { detail: 'It did.', field: 'messages[0]', retryAfterMs: 1500 }]) {
      const error = new AppError(code, options)
      const whole = JSON.parse(protocol.renderError(error, context.requestId).toString('utf8')) as unknown
      const first: unknown = Array.isArray(whole) ? whole[0] : whole
      expect(errorMisfits(definitions, first, met), code).toEqual([])
      const stream = protocol.renderStreamError(error, context.requestId).toString('utf8')
      const entries = stream.startsWith(',') ? entriesOf(`[0${stream}`).slice(1) : entriesOf(stream)
      expect(entries.length).toBeGreaterThan(0)
      expect(
        entries.flatMap((entry) => entryMisfits(definitions, entry, met)),
        code,
      ).toEqual([])
    }
  }
})

const embeddings = Object.entries(clientProtocols as Record<string, ClientProtocol>)
  .filter(([, { requestType }]) => requestType === 'embedding')
  .map(([id, protocol]) => ({
    id,
    protocol,
    definitions: answerDefinitions[id.startsWith('openai') ? 'openai-chat' : 'gemini'],
  }))

test.each(embeddings)('TR20 refusals to clients of $id fit the vendors’ definitions', ({ protocol, definitions }) => {
  assert(definitions, 'their vendors have other wires')
  for (const code of Object.keys(errorRegistry) as ErrorCode[]) {
    const body: unknown = JSON.parse(protocol.renderError(new AppError(code), context.requestId).toString('utf8'))
    expect(errorMisfits(definitions, body, new Set()), code).toEqual([])
  }
})

test.each(lanes)('TR20 lists of models and counts of tokens for $name fit', ({ protocol, definitions, met }) => {
  const { modelList, tokenCounting } = protocol
  const known = {
    name: 'a',
    contextTokens: 1000,
    outputTokensMax: 100,
    protocols: [protocol.id, ...(modelList?.covers ?? [])],
  }
  const unknown = { ...known, name: 'b', contextTokens: undefined, outputTokensMax: undefined }
  for (const models of modelList ? [[], [known, unknown]] : []) {
    const list: unknown = JSON.parse(modelList?.render(models).toString('utf8') ?? '')
    expect(allMisfits(definitions.modelList ?? [], list, met)).toEqual([])
    for (const model of models) {
      const one: unknown = JSON.parse(modelList?.renderOne(model).toString('utf8') ?? '')
      expect(allMisfits(definitions.model ?? [], one, met)).toEqual([])
    }
  }
  const count: unknown = tokenCounting && JSON.parse(tokenCounting.renderAnswer(7).toString('utf8'))
  if (count !== undefined) expect(allMisfits(definitions.tokenCount ?? [], count, met)).toEqual([])
  expect(modelList === undefined).toBe(definitions.modelList === undefined)
  expect(tokenCounting === undefined).toBe(definitions.tokenCount === undefined)
})

test.runIf(cases >= casesMin).each(lanes)(
  'TR20 no exception for $name is left that nothing needs',
  ({ definitions, met }) => {
    const known = (Object.values(definitions) as Definition[][]).flat().flatMap(({ exceptions }) => exceptions ?? [])
    expect(known.filter((exception) => !met.has(exception))).toEqual([])
  },
)
