// What of a canonical request the generateContent wire can carry. Where the model cannot, features.ts and the encoder know more.
import type { Support } from '../features.ts'

export const support: Support = Object.freeze({
  system: 'kept',
  // There are instructions at the top alone: those of mid-conversation become notes in the user's turn.
  mid_conversation_system: 'adapted',
  images: 'kept',
  // Addresses are taken only of files that lie at the vendor.
  image_urls: 'refused',
  // Inside the result for models that take them there, behind it in the same turn for the others.
  tool_result_images: 'adapted',
  tool_errors: 'kept',
  tools: 'kept',
  tool_choice: 'kept',
  parallel_tool_calls: 'dropped',
  // A mode for all functions of the request.
  strict_tools: 'adapted',
  max_tokens: 'kept',
  temperature: 'kept',
  top_p: 'kept',
  top_k: 'kept',
  stop: 'kept',
  seed: 'kept',
  presence_penalty: 'kept',
  frequency_penalty: 'kept',
  reasoning: 'kept',
  earlier_reasoning: 'dropped',
  prefill: 'kept',
  json_format: 'kept',
  json_schema: 'kept',
  cache_marks: 'dropped',
  user: 'dropped',
})

/** "Must start with a letter or an underscore … a maximum length of 128" (Gemini API reference, FunctionDeclaration). */
export const toolNames = /^[a-z_][\w.:-]{0,127}$/i
