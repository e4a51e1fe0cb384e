// The models that a key may use, as this wire's clients list them (Gemini API reference, "Model"). All stand on one page.
import type { ListedModel, ModelList } from '../protocol.ts'

export const modelList: ModelList = Object.freeze({
  path: '/v1beta/models',
  // Its stable version has the address that other dialects have too.
  guestAt: { path: '/v1/models', header: 'x-goog-api-key' },
  covers: ['gemini-embed', 'gemini-batch-embed'],
  render: (models) => Buffer.from(JSON.stringify({ models: models.map(modelOf) })),
  renderOne: (model) => Buffer.from(JSON.stringify(modelOf(model))),
} satisfies ModelList)

/** What this wire calls the ways to use a model. */
const methods: Readonly<Record<string, readonly string[]>> = Object.freeze({
  gemini: ['generateContent', 'countTokens'],
  'gemini-embed': ['embedContent'],
  'gemini-batch-embed': ['batchEmbedContents'],
})

function modelOf({ name, contextTokens, outputTokensMax, protocols }: ListedModel): object {
  return {
    name: `models/${name}`,
    baseModelId: name,
    version: '001',
    displayName: name,
    // Left out where the catalogue does not know them.
    inputTokenLimit: contextTokens,
    outputTokenLimit: outputTokensMax,
    supportedGenerationMethods: protocols.flatMap((protocol) => methods[protocol] ?? []),
  }
}
