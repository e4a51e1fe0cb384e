// What of a canonical request the Chat Completions wire can carry. Vendors of the wire that carry more, or less, say so in their
// options.
import type { Support } from '../features.ts'

export const support: Support = Object.freeze({
  system: 'kept',
  mid_conversation_system: 'kept',
  images: 'kept',
  image_urls: 'kept',
  // Results of tools are text here: their images follow in a message of the user.
  tool_result_images: 'adapted',
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
  stop: 'kept',
  seed: 'kept',
  presence_penalty: 'kept',
  frequency_penalty: 'kept',
  reasoning: 'kept',
  earlier_reasoning: 'dropped',
  // The beginning is shown to the model, which may begin anew instead of going on.
  prefill: 'adapted',
  json_format: 'kept',
  json_schema: 'kept',
  cache_marks: 'dropped',
  user: 'kept',
})

/** "a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64" (API reference, `tools.function.name`). */
export const toolNames = /^[a-zA-Z0-9_-]{1,64}$/
