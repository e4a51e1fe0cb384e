// The messages of Gemini's v1beta requests, field by field (Gemini API reference; SDK @google/genai 3.1 where it is
// newer). A field that is not here does not exist for the service, which refuses it.
import type { FieldType, Shape } from './proto-json.ts'

const text: FieldType = { kind: 'string' }
const flag: FieldType = { kind: 'boolean' }
const double: FieldType = { kind: 'double' }
const integer: FieldType = { kind: 'integer' }
const bytes: FieldType = { kind: 'bytes' }
const json: FieldType = { kind: 'json' }

function list(of: FieldType): FieldType {
  return { kind: 'list', of }
}

/** As a function, where messages of that shape contain each other. */
function message(name: string, shape: Shape | (() => Shape)): FieldType {
  return { kind: 'message', name, shape: typeof shape === 'function' ? () => shape() : () => shape }
}

function oneOf(name: string, values: string): FieldType {
  return { kind: 'enum', name, values: values.split(' ') }
}

const blob: Shape = { mimeType: text, data: bytes, displayName: text }
const fileData: Shape = { mimeType: text, fileUri: text, displayName: text }

const PART: Shape = {
  text,
  inlineData: message('Blob', blob),
  fileData: message('FileData', fileData),
  functionCall: message('FunctionCall', { id: text, name: text, args: json }),
  functionResponse: message('FunctionResponse', {
    id: text,
    name: text,
    response: json,
    parts: list(
      message('FunctionResponsePart', { inlineData: message('Blob', blob), fileData: message('FileData', fileData) }),
    ),
    willContinue: flag,
    scheduling: oneOf('FunctionResponse.Scheduling', 'SCHEDULING_UNSPECIFIED SILENT WHEN_IDLE INTERRUPT'),
  }),
  executableCode: json,
  codeExecutionResult: json,
  toolCall: json,
  toolResponse: json,
  videoMetadata: json,
  mediaResolution: json,
  partMetadata: json,
  thought: flag,
  thoughtSignature: bytes,
}

export const CONTENT: Shape = { role: text, parts: list(message('Part', PART)) }

const TYPE = oneOf('Type', 'TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL')

/** "A select subset of an OpenAPI 3.0 schema object": `$schema`, `additionalProperties`, `const` and more are not in it. */
const SCHEMA: Shape = {
  type: TYPE,
  format: text,
  title: text,
  description: text,
  nullable: flag,
  enum: list(text),
  maxItems: integer,
  minItems: integer,
  properties: { kind: 'map', of: message('Schema', () => SCHEMA) },
  required: list(text),
  minProperties: integer,
  maxProperties: integer,
  minLength: integer,
  maxLength: integer,
  pattern: text,
  example: json,
  anyOf: list(message('Schema', () => SCHEMA)),
  propertyOrdering: list(text),
  default: json,
  items: message('Schema', () => SCHEMA),
  minimum: double,
  maximum: double,
}

const TOOL: Shape = {
  functionDeclarations: list(
    message('FunctionDeclaration', {
      name: text,
      description: text,
      behavior: oneOf('FunctionDeclaration.Behavior', 'UNSPECIFIED BLOCKING NON_BLOCKING'),
      parameters: message('Schema', SCHEMA),
      parametersJsonSchema: json,
      response: message('Schema', SCHEMA),
      responseJsonSchema: json,
    }),
  ),
  googleSearch: json,
  googleSearchRetrieval: json,
  codeExecution: json,
  urlContext: json,
  computerUse: json,
  fileSearch: json,
  googleMaps: json,
  mcpServers: json,
}

const TOOL_CONFIG: Shape = {
  functionCallingConfig: message('FunctionCallingConfig', {
    mode: oneOf('FunctionCallingConfig.Mode', 'MODE_UNSPECIFIED AUTO ANY NONE VALIDATED'),
    allowedFunctionNames: list(text),
  }),
  retrievalConfig: json,
  includeServerSideToolInvocations: flag,
}

const GENERATION_CONFIG: Shape = {
  candidateCount: integer,
  stopSequences: list(text),
  maxOutputTokens: integer,
  temperature: double,
  topP: double,
  topK: double,
  seed: integer,
  responseMimeType: text,
  responseSchema: message('Schema', SCHEMA),
  responseJsonSchema: json,
  _responseJsonSchema: json,
  responseFormat: json,
  presencePenalty: double,
  frequencyPenalty: double,
  responseLogprobs: flag,
  logprobs: integer,
  enableEnhancedCivicAnswers: flag,
  responseModalities: list(oneOf('GenerationConfig.Modality', 'MODALITY_UNSPECIFIED TEXT IMAGE AUDIO VIDEO')),
  speechConfig: json,
  imageConfig: json,
  mediaResolution: text,
  thinkingConfig: message('ThinkingConfig', {
    includeThoughts: flag,
    thinkingBudget: integer,
    thinkingLevel: oneOf('ThinkingConfig.ThinkingLevel', 'THINKING_LEVEL_UNSPECIFIED LOW MEDIUM HIGH MINIMAL XHIGH'),
  }),
}

const SAFETY_SETTING: Shape = {
  category: oneOf(
    'HarmCategory',
    'HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_SEXUALLY_EXPLICIT ' +
      'HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_HARASSMENT HARM_CATEGORY_CIVIC_INTEGRITY',
  ),
  threshold: oneOf(
    'SafetySetting.HarmBlockThreshold',
    'HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH BLOCK_NONE OFF',
  ),
}

export const GENERATE_REQUEST: Shape = {
  model: text,
  contents: list(message('Content', CONTENT)),
  systemInstruction: message('Content', CONTENT),
  tools: list(message('Tool', TOOL)),
  toolConfig: message('ToolConfig', TOOL_CONFIG),
  safetySettings: list(message('SafetySetting', SAFETY_SETTING)),
  generationConfig: message('GenerationConfig', GENERATION_CONFIG),
  cachedContent: text,
  serviceTier: text,
  labels: json,
  store: flag,
}

export const COUNT_REQUEST: Shape = {
  model: text,
  contents: list(message('Content', CONTENT)),
  generateContentRequest: message('GenerateContentRequest', GENERATE_REQUEST),
}

export const EMBED_REQUEST: Shape = {
  model: text,
  content: message('Content', CONTENT),
  taskType: oneOf(
    'TaskType',
    'TASK_TYPE_UNSPECIFIED RETRIEVAL_QUERY RETRIEVAL_DOCUMENT SEMANTIC_SIMILARITY CLASSIFICATION CLUSTERING ' +
      'QUESTION_ANSWERING FACT_VERIFICATION CODE_RETRIEVAL_QUERY',
  ),
  title: text,
  outputDimensionality: integer,
  embedContentConfig: json,
}

export const BATCH_EMBED_REQUEST: Shape = { requests: list(message('EmbedContentRequest', EMBED_REQUEST)) }
