// The models that a key may use, in the dialect of this wire (OpenAI API reference, "Models").
import type { ListedModel, ModelList } from '../protocol.ts'

export const modelList: ModelList = {
  path: '/v1/models',
  covers: ['openai-embeddings'],
  render: (models) => Buffer.from(JSON.stringify({ object: 'list', data: models.map(modelObject) })),
  renderOne: (model) => Buffer.from(JSON.stringify(modelObject(model))),
}

/** When models were made is not known here: 0 is the wire's way to say so. */
function modelObject({ name, contextTokens, outputTokensMax }: ListedModel) {
  return {
    id: name,
    object: 'model',
    created: 0,
    owned_by: 'aicarpool',
    // Not of the wire, but of many servers and clients of it.
    context_window: contextTokens,
    max_output_tokens: outputTokensMax,
  }
}
