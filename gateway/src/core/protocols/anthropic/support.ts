// What of a canonical request the Messages wire can carry. Where the model cannot, features.ts and the encoder know more.
import type { Support } from '../features.ts'

export const support: Support = Object.freeze({
  system: 'kept',
  // Instructions between turns are a beta of the newest models alone: they become notes in the user's turn.
  mid_conversation_system: 'adapted',
  images: 'kept',
  image_urls: 'kept',
  tool_result_images: 'kept',
  tool_errors: 'kept',
  tools: 'kept',
  tool_choice: 'kept',
  parallel_tool_calls: 'kept',
  strict_tools: 'kept',
  max_tokens: 'kept',
  // The scale ends at 1 here and at 2 elsewhere; what lies above is 1.
  temperature: 'kept',
  top_p: 'kept',
  top_k: 'kept',
  stop: 'kept',
  seed: 'dropped',
  presence_penalty: 'dropped',
  frequency_penalty: 'dropped',
  reasoning: 'kept',
  // Only thoughts that the vendor has signed are taken back, and the signature does not survive a translation.
  earlier_reasoning: 'dropped',
  prefill: 'kept',
  // There is no such switch: an instruction asks for it.
  json_format: 'adapted',
  json_schema: 'kept',
  cache_marks: 'kept',
  user: 'kept',
})

/** "^[a-zA-Z0-9_-]{1,128}$" (Messages API reference, `tools.name`). */
export const toolNames = /^[a-zA-Z0-9_-]{1,128}$/
