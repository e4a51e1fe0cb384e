// Clients of each wire on accounts of each vendor that does not speak it, through the whole gateway: what leaves for the provider
// and what reaches the client fits what the vendors publish.
import { assert } from '@aicarpool/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findModel, shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import { accountProtocols } from '../../src/core/protocols/index.ts'
import type { AccountProtocol } from '../../src/core/protocols/protocol.ts'
import { encodeFitted } from '../../src/core/protocols/translate.ts'
import { providers, serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { answerMisfits } from '../support/answer-misfits.ts'
import { conversations, corpusModels } from '../support/protocol-corpus.ts'
import { startRecordingProxy, type RecordingProxy } from '../support/recording-proxy.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'
import { misfits, type Exception } from '../support/vendor-schemas.ts'
import { answerDefinitions, requestDefinitions } from '../support/wire-definitions.ts'

let gateway: TestGateway
let proxy: RecordingProxy
const groups = new Map<ShippedServiceType, TestGroup>()

beforeAll(async () => {
  gateway = await startTestGateway()
  proxy = await startRecordingProxy(gateway.simulator.url)
  for (const type of serviceTypes) {
    await gateway.addAccount(`a-${type}`, type, { apiEndpoint: `${proxy.url}/${type}` })
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
})

/** Where each client asks, by the name of its definitions, and which vendor's models it believes to ask. */
const asking: Record<
  string,
  { wire: string; origin: ShippedServiceType; path: (model: string, stream: boolean) => string }
> = {
  'openai-chat': { wire: 'openai-chat', origin: 'openai', path: () => '/v1/chat/completions' },
  'openai-responses': { wire: 'openai-responses', origin: 'openai', path: () => '/v1/responses' },
  'anthropic 2023-06-01': { wire: 'anthropic', origin: 'claude', path: () => '/v1/messages' },
  'anthropic 2026-10-21': { wire: 'anthropic', origin: 'claude', path: () => '/v1/messages' },
  gemini: {
    wire: 'gemini',
    origin: 'gemini',
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  },
  'gemini-array': {
    wire: 'gemini',
    origin: 'gemini',
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent' : 'generateContent'}`,
  },
}

const lanes = Object.keys(answerDefinitions).flatMap((name) =>
  serviceTypes
    .filter((type) => providers[type].wires.every(({ protocol }) => protocol !== asking[name]?.wire))
    .map((serviceType) => ({ name, serviceType })),
)

test('every client has a vendor that does not speak its wire', () => {
  expect(new Set(lanes.map(({ name }) => name))).toEqual(new Set(Object.keys(asking)))
})

test.each(lanes)('TR19 TR20 clients of $name on accounts of $serviceType', async ({ name, serviceType }) => {
  const client = asking[name]
  const definitions = answerDefinitions[name]
  const group = groups.get(serviceType)
  assert(client && definitions && group, 'prepared above')
  const model = corpusModels[serviceType]
  const version = name.split(' ')[1]
  let answered = 0
  for (const conversation of conversations) {
    for (const stream of [true, false]) {
      const body = {
        ...bodyOf(client.wire, client.origin, { ...conversation, model, stream }),
        ...streamOf(name, stream),
      }
      const headers = version === undefined ? {} : { 'anthropic-version': version }
      const response = await gateway.post(client.path(model, stream), group.key, body, headers)
      const text = await response.text()
      const isStream = stream && response.status === 200
      expect(answerMisfits(definitions, text, isStream, new Set<Exception>())).toEqual([])
      if (response.status === 200) answered += 1
    }
  }
  expect(answered).toBeGreaterThan(conversations.length)
  for (const [index, sent] of proxy.requests.splice(0).entries()) {
    const wire = wireOf(proxy.paths[index] ?? '')
    const json: unknown = JSON.parse(sent.toString('utf8'))
    const found = requestDefinitions(serviceType, wire).flatMap((definition) => misfits(definition, json, new Set()))
    expect(found, wire).toEqual([])
  }
  proxy.paths.length = 0
})

type Asked = (typeof conversations)[number] & { model: string; stream: boolean }

/** As the client's own vendor would be asked. */
function bodyOf(wire: string, origin: ShippedServiceType, request: Asked): object {
  const { translation }: AccountProtocol = accountProtocols[wire as keyof typeof accountProtocols]
  const known = findModel(shippedCatalogue, origin, corpusModels[origin])
  assert(translation && known, 'the corpus uses models of the catalogue')
  const { body } = encodeFitted(request, translation, { traits: known.traits, options: {} })
  return JSON.parse(body.toString('utf8')) as object
}

/** Some wires say in the address alone whether to stream. */
const streamOf = (name: string, stream: boolean): object => (name.startsWith('gemini') ? {} : { stream })

function wireOf(path: string): string {
  if (path.includes('/chat/completions')) return 'openai-chat'
  if (path.includes('/responses')) return 'openai-responses'
  return path.includes('/messages') ? 'anthropic' : 'gemini'
}
