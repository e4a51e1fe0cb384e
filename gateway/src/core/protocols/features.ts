// What a canonical request can hold, feature by feature, and what becomes of it on a wire: each account protocol declares its
// `Support`, `fitRequest` applies it before encoding, docs/protocols.md and the tests are made from the same table. So an
// encoder meets only what its wire can carry, and nothing is lost without being named.
import { AppError } from '@aicarpool/contract'
import type { ChatMessage, ChatRequest, ContentPart, ToolResultPart } from './chat.ts'
import type { ModelTraits } from './model-traits.ts'

/**
 * `kept`: carried with its meaning. `adapted`: expressed by other means, the meaning nearly kept. `dropped`: left out and named
 * in `x-aicarpool-dropped`. `refused`: the answer would be worthless without it, so the request is refused with 400.
 */
export type Handling = 'kept' | 'adapted' | 'dropped' | 'refused'

interface Feature {
  /** For docs/protocols.md. */
  what: string
  isUsed(request: ChatRequest): boolean
  /** The request without it. */
  without(request: ChatRequest): ChatRequest
  /** What becomes of it where the wire could, but this model cannot. */
  byModel?: (traits: ModelTraits) => Handling | undefined
}

const samplingHandling = (traits: ModelTraits): Handling | undefined => (traits.takesSampling ? undefined : 'dropped')

export const features = {
  system: {
    what: 'System and developer instructions',
    isUsed: ({ system }) => system.length > 0,
    without: (request) => ({ ...request, system: [] }),
  },
  mid_conversation_system: {
    what: 'Instructions in mid-conversation',
    isUsed: ({ messages }) => messages.some(({ role }) => role === 'system'),
    without: (request) => ({ ...request, messages: request.messages.filter(({ role }) => role !== 'system') }),
  },
  images: {
    what: 'Images as data',
    isUsed: (request) => hasPart(request, (part) => part.type === 'image' && part.source.kind === 'data'),
    without: (request) => withoutParts(request, (part) => part.type === 'image'),
    byModel: (traits) => (traits.takesImages ? undefined : 'refused'),
  },
  image_urls: {
    what: 'Images by URL',
    isUsed: (request) => hasPart(request, (part) => part.type === 'image' && part.source.kind === 'url'),
    without: (request) => withoutParts(request, (part) => part.type === 'image' && part.source.kind === 'url'),
    byModel: (traits) => (traits.takesImages ? undefined : 'refused'),
  },
  tool_result_images: {
    what: 'Images in results of tools',
    isUsed: (request) => hasPart(request, isResultWithImage),
    without: (request) => mapParts(request, withoutResultImages),
  },
  tool_errors: {
    what: 'The mark that a tool has failed',
    isUsed: (request) => hasPart(request, (part) => part.type === 'tool-result' && part.isError),
    without: (request) =>
      mapParts(request, (part) => (part.type === 'tool-result' ? { ...part, isError: false } : part)),
  },
  tools: {
    what: 'Functions, their calls and results',
    isUsed: ({ tools }) => tools.length > 0,
    without: (request) => ({ ...request, tools: [], toolChoice: undefined }),
    byModel: (traits) => (traits.takesTools ? undefined : 'refused'),
  },
  tool_choice: {
    what: 'Which function must be called',
    isUsed: ({ toolChoice }) => toolChoice !== undefined && toolChoice.type !== 'auto',
    without: (request) => ({ ...request, toolChoice: undefined }),
  },
  parallel_tool_calls: {
    what: 'At most one call for each answer',
    isUsed: ({ parallelToolCalls }) => parallelToolCalls === false,
    without: (request) => ({ ...request, parallelToolCalls: undefined }),
  },
  strict_tools: {
    what: 'Arguments held to the schema',
    isUsed: ({ tools }) => tools.some(({ strict }) => strict === true),
    without: (request) => ({ ...request, tools: request.tools.map((tool) => ({ ...tool, strict: undefined })) }),
  },
  max_tokens: {
    what: 'The output maximum',
    isUsed: ({ maxOutputTokens }) => maxOutputTokens !== undefined,
    without: (request) => ({ ...request, maxOutputTokens: undefined }),
  },
  temperature: {
    what: 'Temperature',
    isUsed: ({ temperature }) => temperature !== undefined,
    without: (request) => ({ ...request, temperature: undefined }),
    byModel: samplingHandling,
  },
  top_p: {
    what: 'Nucleus sampling',
    isUsed: ({ topP }) => topP !== undefined,
    without: (request) => ({ ...request, topP: undefined }),
    byModel: samplingHandling,
  },
  top_k: {
    what: 'Sampling from the k likeliest',
    isUsed: ({ topK }) => topK !== undefined,
    without: (request) => ({ ...request, topK: undefined }),
    byModel: samplingHandling,
  },
  stop: {
    what: 'Stop sequences',
    isUsed: ({ stopSequences }) => stopSequences.length > 0,
    without: (request) => ({ ...request, stopSequences: [] }),
    byModel: (traits) => (traits.takesStop ? undefined : 'dropped'),
  },
  seed: {
    what: 'Seed',
    isUsed: ({ seed }) => seed !== undefined,
    without: (request) => ({ ...request, seed: undefined }),
  },
  presence_penalty: {
    what: 'Presence penalty',
    isUsed: ({ presencePenalty }) => presencePenalty !== undefined,
    without: (request) => ({ ...request, presencePenalty: undefined }),
    byModel: samplingHandling,
  },
  frequency_penalty: {
    what: 'Frequency penalty',
    isUsed: ({ frequencyPenalty }) => frequencyPenalty !== undefined,
    without: (request) => ({ ...request, frequencyPenalty: undefined }),
    byModel: samplingHandling,
  },
  reasoning: {
    what: 'How hard to think',
    isUsed: ({ reasoning }) => reasoning !== undefined && reasoning.effort !== 'none',
    without: (request) => ({ ...request, reasoning: undefined }),
    byModel: (traits) => (traits.reasoning === 'none' ? 'dropped' : undefined),
  },
  earlier_reasoning: {
    what: 'What the assistant thought in earlier turns',
    isUsed: (request) => hasPart(request, (part) => part.type === 'reasoning'),
    without: (request) => withoutParts(request, (part) => part.type === 'reasoning'),
  },
  prefill: {
    what: 'A beginning of the answer',
    isUsed: ({ messages }) => isPrefill(messages.at(-1)),
    without: (request) => ({ ...request, messages: request.messages.slice(0, -1) }),
    byModel: (traits) => (traits.takesPrefill ? undefined : 'refused'),
  },
  json_format: {
    what: 'An answer in JSON',
    isUsed: ({ responseFormat }) => responseFormat?.type === 'json',
    without: (request) => ({ ...request, responseFormat: undefined }),
  },
  json_schema: {
    what: 'An answer held to a JSON schema',
    isUsed: ({ responseFormat }) => responseFormat?.type === 'json-schema',
    without: (request) => ({ ...request, responseFormat: undefined }),
  },
  cache_marks: {
    what: 'Marks of prefixes to cache',
    isUsed: hasCacheMark,
    without: withoutCacheMarks,
  },
  user: {
    what: "The client's name for its user",
    isUsed: ({ userId }) => userId !== undefined,
    without: (request) => ({ ...request, userId: undefined }),
  },
} satisfies Record<string, Feature>

export type FeatureId = keyof typeof features
export type Support = Readonly<Record<FeatureId, Handling>>

export interface FittedRequest {
  request: ChatRequest
  dropped: FeatureId[]
}

/** The request as far as wire and model can carry it. Throws AppError('not_translatable') for what may not be left out. */
export function fitRequest(request: ChatRequest, support: Support, traits: ModelTraits): FittedRequest {
  let fitted = withinMaximum(request, traits)
  const dropped: FeatureId[] = []
  for (const [id, feature] of Object.entries(features) as [FeatureId, Feature][]) {
    if (!feature.isUsed(fitted)) continue
    const handling = worse(support[id], feature.byModel?.(traits))
    if (handling === 'refused') {
      throw new AppError('not_translatable', { detail: `${feature.what} (${id}) cannot be passed on.`, field: id })
    }
    if (handling !== 'dropped') continue
    fitted = feature.without(fitted)
    dropped.push(id)
  }
  return { request: fitted, dropped }
}

/** Clients ask for what their own vendor's models can write; more than this model can is refused by its vendor. */
function withinMaximum(request: ChatRequest, { outputTokensMax }: ModelTraits): ChatRequest {
  const { maxOutputTokens } = request
  if (maxOutputTokens === undefined || outputTokensMax === undefined) return request
  return maxOutputTokens <= outputTokensMax ? request : { ...request, maxOutputTokens: outputTokensMax }
}

function worse(one: Handling, other: Handling | undefined): Handling {
  if (one === 'refused' || other === 'refused') return 'refused'
  return one === 'dropped' ? one : (other ?? one)
}

function isPrefill(last: ChatMessage | undefined): boolean {
  return last?.role === 'assistant' && last.content.some(({ type }) => type === 'text')
}

const isResultWithImage = (part: ContentPart): boolean =>
  part.type === 'tool-result' && part.content.some(({ type }) => type === 'image')

function withoutResultImages(part: ContentPart): ContentPart {
  if (part.type !== 'tool-result') return part
  return { ...part, content: part.content.filter(({ type }) => type !== 'image') } satisfies ToolResultPart
}

/** Parts of messages and, of tool results, those inside. */
function hasPart({ messages }: ChatRequest, matches: (part: ContentPart) => boolean): boolean {
  return messages.some(({ content }) =>
    content.some((part) => matches(part) || (part.type === 'tool-result' && part.content.some(matches))),
  )
}

function mapParts(request: ChatRequest, map: (part: ContentPart) => ContentPart): ChatRequest {
  const messages = request.messages.map((message) => ({ ...message, content: message.content.map(map) }))
  return { ...request, messages }
}

/** Without the parts that match, also inside tool results, and without the messages that were nothing else. */
function withoutParts(request: ChatRequest, matches: (part: ContentPart) => boolean): ChatRequest {
  const messages: ChatMessage[] = []
  for (const message of request.messages) {
    const content = message.content
      .filter((part) => !matches(part))
      .map((part) =>
        part.type === 'tool-result' ? { ...part, content: part.content.filter((inner) => !matches(inner)) } : part,
      )
    if (content.length > 0) messages.push({ ...message, content })
  }
  return { ...request, messages }
}

function hasCacheMark(request: ChatRequest): boolean {
  const isMarked = (entry: object) => 'cacheMark' in entry && entry.cacheMark !== undefined
  return request.system.some(isMarked) || request.tools.some(isMarked) || hasPart(request, isMarked)
}

function withoutCacheMarks(request: ChatRequest): ChatRequest {
  const unmarked = <Entry extends object>(entry: Entry): Entry => ({ ...entry, cacheMark: undefined })
  const unmarkedPart = (part: ContentPart): ContentPart =>
    part.type === 'tool-result' ? unmarked({ ...part, content: part.content.map(unmarked) }) : unmarked(part)
  const bare = { ...request, system: request.system.map(unmarked), tools: request.tools.map(unmarked) }
  return mapParts(bare, unmarkedPart)
}
