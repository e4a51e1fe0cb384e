// Which of the vendors' definitions each wire's bodies are held against, and what these do not know: things of the wire that are
// newer than the document, and what another vendor of the wire has added to it.
import type { ServiceType } from '@aicarpool/contract'
import type { Definition, Exception } from './vendor-schemas.ts'

/** What the encoders of accounts write, by wire. Translated requests to the wire with two versions are of the older one. */
const requests: Readonly<Record<string, readonly Definition[]>> = {
  'openai-chat': [
    { file: 'openai-types', name: 'ChatRequest' },
    { file: 'openai-document', name: 'CreateChatCompletionRequest' },
  ],
  'openai-responses': [
    { file: 'openai-types', name: 'ResponsesRequest' },
    { file: 'openai-document', name: 'CreateResponse' },
  ],
  anthropic: [
    { file: 'anthropic-older-types', name: 'Request' },
    { file: 'anthropic-document', name: 'CreateMessageParams' },
  ],
  gemini: [
    { file: 'google-types', name: 'Request' },
    { file: 'google-document', name: 'GenerateContentRequest' },
  ],
}

const newerEffort = (at: string): Exception => ({
  at,
  values: ['max'],
  source: 'ReasoningEffort in the types of openai 7.57.0, which are half a year newer than the document',
})
const deepThinking = 'Model Studio, "Deep thinking"'
const thinkingSwitch: readonly Exception[] = [
  { at: 'enable_thinking', source: deepThinking },
  { at: 'thinking_budget', source: deepThinking },
]

/** By vendor and definition. */
const requestExceptions: Partial<Record<ServiceType, Readonly<Record<string, readonly Exception[]>>>> = {
  openai: {
    CreateChatCompletionRequest: [newerEffort('reasoning_effort')],
    CreateResponse: [newerEffort('reasoning.effort')],
  },
  gemini: {
    GenerateContentRequest: [
      {
        at: 'generationConfig.thinkingConfig.thinkingLevel',
        values: ['XHIGH'],
        source: 'ThinkingLevel in the types of @google/genai 3.3.0, which are half a year newer than the document',
      },
    ],
  },
  // What this vendor has added to the wires of another.
  qwen: {
    ChatRequest: [
      ...thinkingSwitch,
      { at: 'top_k', source: 'Model Studio, "OpenAI Chat", `top_k`' },
      { at: 'messages.*.content.*.cache_control', source: 'Model Studio, "Context cache", explicit cache' },
    ],
    ResponsesRequest: thinkingSwitch,
  },
}

export function requestDefinitions(serviceType: ServiceType, wire: string): Definition[] {
  return (requests[wire] ?? []).map((definition) => ({
    ...definition,
    exceptions: requestExceptions[serviceType]?.[definition.name] ?? [],
  }))
}
