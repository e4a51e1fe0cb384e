// The models that a key may use, as this wire's clients list them (Anthropic Models API, ModelInfo). All stand on one page.
import type { ListedModel, ModelList } from '../protocol.ts'

/** "May be set to an epoch value if the release date is unknown." */
const unknownDate = '1970-01-01T00:00:00Z'

export const modelList: ModelList = Object.freeze({
  path: '/v1/models',
  render(models) {
    const data = models.map(modelInfo)
    const page = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
    return Buffer.from(JSON.stringify(page))
  },
  renderOne(model) {
    return Buffer.from(JSON.stringify(modelInfo(model)))
  },
} satisfies ModelList)

function modelInfo({ name, contextTokens, outputTokensMax }: ListedModel) {
  return {
    type: 'model',
    id: name,
    display_name: name,
    created_at: unknownDate,
    // What a model of another vendor can do has no words here.
    capabilities: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: contextTokens ?? null,
    max_tokens: outputTokensMax ?? null,
    deprecated_at: null,
    retires_at: null,
  }
}
