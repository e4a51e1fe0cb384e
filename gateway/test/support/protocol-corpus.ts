// Requests and answers of every wire of every vendor, as they are on the network: the gateway's own encoders write the requests,
// the simulator answers them.
import type { Simulator } from '@aicarpool/simulator'
import { assert } from '@aicarpool/contract'
import { findModel, shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import { plainRequest, type ChatRequest } from '../../src/core/protocols/chat.ts'
import { accountProtocols, type AccountProtocolId } from '../../src/core/protocols/index.ts'
import type { AccountProtocol } from '../../src/core/protocols/protocol.ts'
import { encodeFitted } from '../../src/core/protocols/translate.ts'
import { type ShippedServiceType, providers, serviceTypes } from '../../src/core/providers/index.ts'

export interface Exchange {
  wire: AccountProtocolId
  serviceType: ShippedServiceType
  request: Buffer
  stream: boolean
  status: number
  answer: Buffer
}

export const corpusModels: Record<ShippedServiceType, string> = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-2.5-flash',
  qwen: 'qwen3.6-plus',
}

/** A PNG of one pixel, as base64. */
export const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } },
  required: ['city'],
}
const weather = { name: 'weather', description: 'Says how it is', parameters, strict: undefined }
const say = (text: string): ChatRequest['messages'] => [{ role: 'user', content: [{ type: 'text', text }] }]

/** One of each kind of thing that a conversation can hold. */
export const conversations: Omit<ChatRequest, 'model' | 'stream'>[] = [
  {
    ...plainRequest,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: say('[[echo:你好, "carpool"!\n\u2028]]'),
    maxOutputTokens: 300,
    temperature: 0.5,
    stopSequences: ['END'],
    userId: 'u-1',
  },
  {
    ...plainRequest,
    messages: say('[[think:40]][[tokens:30]]'),
    reasoning: { effort: 'high', budgetTokens: undefined, isShown: true },
    maxOutputTokens: 4000,
  },
  {
    ...plainRequest,
    messages: say('[[tool:weather {"city":"Paris"}]] [[tool:weather {"city":"Rome","days":[1,2]}]]'),
    tools: [weather],
    toolChoice: { type: 'required' },
    maxOutputTokens: 400,
  },
  {
    ...plainRequest,
    tools: [weather],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: dot } },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', id: 'c1', name: 'weather', argumentsJson: '{"city":"Oslo"}' }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool-result',
            callId: 'c1',
            name: 'weather',
            content: [{ type: 'text', text: 'rain' }],
            isError: false,
          },
          { type: 'text', text: 'and? [[tokens:20]]' },
        ],
      },
    ],
    maxOutputTokens: 200,
  },
  { ...plainRequest, messages: say('[[tokens:500]]'), maxOutputTokens: 32 },
  { ...plainRequest, messages: say('[[refuse]]'), maxOutputTokens: 100 },
  {
    ...plainRequest,
    messages: say('as JSON, please'),
    responseFormat: {
      type: 'json-schema',
      name: 'w',
      schema: { ...parameters, additionalProperties: false },
      strict: true,
    },
    maxOutputTokens: 300,
  },
]

/** Every conversation on every wire that translations reach, streamed and not, and some refusals. */
export async function recordCorpus(simulator: Simulator): Promise<Exchange[]> {
  const exchanges: Exchange[] = []
  for (const serviceType of serviceTypes) {
    const provider = providers[serviceType]
    for (const wire of provider.wires) {
      const protocol: AccountProtocol = accountProtocols[wire.protocol]
      if (!protocol.translation) continue
      for (const [index, conversation] of conversations.entries()) {
        for (const stream of [true, false]) {
          const isUnknown = index === 0 && !stream
          const known = findModel(shippedCatalogue, serviceType, corpusModels[serviceType])
          assert(known, 'the corpus uses models of the catalogue')
          const model = isUnknown ? 'no-such-model' : corpusModels[serviceType]
          const target = { traits: known.traits, options: wire }
          const { body } = encodeFitted({ ...conversation, model, stream }, protocol.translation, target)
          const response = await fetch(
            simulator.url + `/${serviceType}${wire.pathPrefix}${protocol.path(model, stream)}`,
            {
              method: 'POST',
              headers: pairs([
                'content-type',
                'application/json',
                ...provider.credentialHeaders(`sim-${serviceType}-corpus`),
                ...Object.entries(provider.requiredHeaders).flat(),
              ]),
              body,
            },
          )
          const answer = Buffer.from(await response.arrayBuffer())
          exchanges.push({ wire: wire.protocol, serviceType, request: body, stream, status: response.status, answer })
        }
      }
    }
  }
  return exchanges
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at + 1 < flat.length; at += 2) list.push([flat[at] ?? '', flat[at + 1] ?? ''])
  return list
}
