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

/** What the encoders for clients write. An error may stand in a stream, too. */
export interface AnswerDefinitions {
  whole: readonly Definition[]
  event: readonly Definition[]
  error: readonly Definition[]
  tokenCount?: readonly Definition[]
  modelList?: readonly Definition[]
  model?: readonly Definition[]
}

const newerClient = 'the types of openai 7.57.0, which are half a year newer than the document'
const reasoningContent = (member: string): Exception => ({
  at: `choices.*.${member}.reasoning_content`,
  source: 'Model Studio, "OpenAI Chat", `reasoning_content`; read by the wire’s clients of more than one vendor',
})
/** "context_window" and "max_output_tokens" stand in the lists of many servers of the wire, and clients look for them. */
const modelSizes = (place: string): Exception[] =>
  ['context_window', 'max_output_tokens'].map((name) => ({ at: place + name, source: 'other servers of the wire' }))

const openAiErrors: readonly Definition[] = [
  { file: 'openai-types', name: 'ErrorAnswer' },
  { file: 'openai-document', name: 'ErrorResponse' },
]

const chatAnswers: AnswerDefinitions = {
  whole: [
    { file: 'openai-types', name: 'ChatAnswer', exceptions: [reasoningContent('message')] },
    {
      file: 'openai-document',
      name: 'CreateChatCompletionResponse',
      exceptions: [{ at: 'service_tier', values: ['fast'], source: newerClient }],
    },
  ],
  event: [
    { file: 'openai-types', name: 'ChatChunk', exceptions: [reasoningContent('delta')] },
    {
      file: 'openai-document',
      name: 'CreateChatCompletionStreamResponse',
      exceptions: [{ at: 'choices.*.delta.tool_calls.*.type', values: ['custom'], source: newerClient }],
    },
  ],
  error: openAiErrors,
  modelList: [
    { file: 'openai-types', name: 'ModelList', exceptions: modelSizes('data.*.') },
    { file: 'openai-document', name: 'ListModelsResponse' },
  ],
  model: [
    { file: 'openai-types', name: 'ListedModel', exceptions: modelSizes('') },
    { file: 'openai-document', name: 'Model' },
  ],
}

/** Of a response, at the top of a body or inside an event. */
const responseMembers = (place: string): Exception[] => [
  { at: `${place}store`, source: 'the examples of the response object in the document' },
]
const newerResponseMembers = (place: string): Exception[] => [
  { at: `${place}safety_identifier`, values: [null], source: newerClient },
  { at: `${place}prompt_cache_key`, values: [null], source: newerClient },
  { at: `${place}reasoning.effort`, values: ['max'], source: newerClient },
  { at: `${place}service_tier`, values: ['fast'], source: newerClient },
]
const itemStatus = (item: string): Exception => ({
  at: `${item}.status`,
  ofType: 'custom_tool_call',
  source: 'ResponseCustomToolCallItem in the types of openai 7.57.0: the item as the vendor lists it',
})
const errorCodes: Exception = {
  at: 'response.error.code',
  values: ['insufficient_quota', 'context_length_exceeded'],
  standIn: 'server_error',
  source: 'recordings of failed streams; the codes that the vendor’s own command-line client tells apart',
}
const noUsageYet: Exception = {
  at: 'response.usage',
  values: [null],
  source: 'the examples of response.created and response.failed in the document',
}

const responsesAnswers: AnswerDefinitions = {
  whole: [
    {
      file: 'openai-types',
      name: 'ResponsesAnswer',
      exceptions: [...responseMembers(''), itemStatus('output.*')],
    },
    { file: 'openai-document', name: 'Response', exceptions: newerResponseMembers('') },
  ],
  event: [
    {
      file: 'openai-types',
      name: 'ResponsesEvent',
      exceptions: [
        ...responseMembers('response.'),
        itemStatus('response.output.*'),
        itemStatus('item'),
        errorCodes,
        noUsageYet,
        { at: 'error', ofType: 'error', source: 'recordings: the vendor’s servers send an error’s members nested' },
        {
          at: 'name',
          ofType: 'response.function_call_arguments.done',
          source: 'ResponseFunctionCallArgumentsDoneEvent in the document, which demands it',
        },
      ],
    },
    {
      file: 'openai-document',
      name: 'ResponseStreamEvent',
      exceptions: [...newerResponseMembers('response.'), errorCodes, noUsageYet],
    },
  ],
  error: openAiErrors,
  tokenCount: [
    { file: 'openai-types', name: 'TokenCount' },
    { file: 'openai-document', name: 'TokenCountsResource' },
  ],
}

const tooLarge: Exception = {
  at: 'error.type',
  values: ['request_too_large'],
  standIn: 'invalid_request_error',
  source: 'Anthropic API, "Errors": 413',
}

const olderBlock = (block: string): Exception[] => [
  {
    at: `${block}.citations`,
    ofType: 'text',
    isLeftOut: true,
    standIn: null,
    source: 'clients of this version refuse a null: @ai-sdk/anthropic 2 and 3',
  },
  {
    at: `${block}.caller`,
    ofType: 'tool_use',
    isLeftOut: true,
    standIn: { type: 'direct' },
    source: 'the version is older than the member, and its clients do without',
  },
]

const anthropicAnswers = (
  types: 'anthropic-types' | 'anthropic-older-types',
  exceptionsAt: (block: string) => Exception[],
): AnswerDefinitions => ({
  whole: [
    { file: types, name: 'Answer', exceptions: exceptionsAt('content.*') },
    { file: 'anthropic-document', name: 'Message', exceptions: exceptionsAt('content.*') },
  ],
  event: [
    { file: types, name: 'Event', exceptions: exceptionsAt('content_block') },
    { file: 'anthropic-document', name: 'MessageStreamEvent', exceptions: exceptionsAt('content_block') },
  ],
  error: [
    {
      file: types,
      name: 'ErrorAnswer',
      exceptions: [
        tooLarge,
        { at: 'error.details', source: 'APIError.details and ErrorDetails of the vendor’s client, "error_code"' },
      ],
    },
    { file: 'anthropic-document', name: 'ErrorResponse', exceptions: [tooLarge] },
  ],
  tokenCount: [
    { file: types, name: 'TokenCount' },
    { file: 'anthropic-document', name: 'CountMessageTokensResponse' },
  ],
  modelList: [
    { file: types, name: 'ModelList' },
    { file: 'anthropic-document', name: 'ListResponse_ModelInfo_' },
  ],
  model: [
    { file: types, name: 'ListedModel' },
    { file: 'anthropic-document', name: 'ModelInfo' },
  ],
})

const googleAnswer: readonly Definition[] = [
  { file: 'google-types', name: 'Answer' },
  { file: 'google-document', name: 'GenerateContentResponse' },
]
const googleArrays: AnswerDefinitions = {
  whole: googleAnswer,
  event: googleAnswer,
  error: [
    {
      file: 'google-document',
      name: 'Status',
      exceptions: [{ at: 'status', source: 'AIP-193, "HTTP/1.1+JSON representation": the name of the code' }],
    },
  ],
}

/** By the client's protocol; where there are two versions of the wire, by its version too. */
export const answerDefinitions: Readonly<Record<string, AnswerDefinitions>> = {
  'openai-chat': chatAnswers,
  'openai-responses': responsesAnswers,
  'anthropic 2023-06-01': anthropicAnswers('anthropic-older-types', olderBlock),
  'anthropic 2026-10-21': anthropicAnswers('anthropic-types', () => []),
  gemini: {
    ...googleArrays,
    tokenCount: [{ file: 'google-document', name: 'CountTokensResponse' }],
    modelList: [{ file: 'google-document', name: 'ListModelsResponse' }],
    model: [{ file: 'google-document', name: 'Model' }],
  },
  'gemini-array': googleArrays,
}
