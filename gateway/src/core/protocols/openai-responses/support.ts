// What of a canonical request the Responses wire can carry. Vendors of the wire that carry more, or less, say so in their options.
import type { Support } from '../features.ts'

export const support: Support = Object.freeze({
  system: 'kept',
  mid_conversation_system: 'kept',
  images: 'kept',
  image_urls: 'kept',
  tool_result_images: 'kept',
  // There is no such mark: the text says it.
  tool_errors: 'adapted',
  tools: 'kept',
  tool_choice: 'kept',
  parallel_tool_calls: 'kept',
  strict_tools: 'kept',
  max_tokens: 'kept',
  temperature: 'kept',
  top_p: 'kept',
  top_k: 'dropped',
  stop: 'dropped',
  seed: 'dropped',
  presence_penalty: 'dropped',
  frequency_penalty: 'dropped',
  reasoning: 'kept',
  // Only what the vendor has encrypted is taken back.
  earlier_reasoning: 'dropped',
  // The beginning is shown to the model, which may begin anew instead of going on.
  prefill: 'adapted',
  json_format: 'kept',
  json_schema: 'kept',
  cache_marks: 'dropped',
  user: 'kept',
})

/** As on Chat Completions: the vendor refuses others as `invalid_value` of `tools[0].name`. */
export const toolNames = /^[a-zA-Z0-9_-]{1,64}$/
