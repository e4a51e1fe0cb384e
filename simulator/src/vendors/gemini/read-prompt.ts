// Reads a valid generateContent request into the prompt: what is counted and cached, and what the answer must know.
// Expects messages as proto-json.ts leaves them: camelCase names, types right.
import { createHash } from 'node:crypto'
import { findSearches } from '../../directives.ts'
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Prompt, PromptBlock } from '../../prompt.ts'
import { imageBlock, promptBlock } from '../../prompt.ts'
import type { TurnLog } from '../../turn-log.ts'
import { createTurnLog } from '../../turn-log.ts'
import type { GeminiModel } from './models.ts'
import { isThirdGeneration } from './models.ts'
import { functionDeclarations, serverTools } from './tool-rules.ts'
import { partsOf } from './turn-rules.ts'

/** An image of up to 384 pixels, or one tile of a larger one; the third generation looks closer ("Tokens" guide). */
const IMAGE_TOKENS = 258
const CLOSE_IMAGE_TOKENS = 1120
/** "A page of a document is 258 tokens"; other media are taken for as much. */
const MEDIA_TOKENS = 258
const TOKENS_PER_SEARCH = 70
const SEARCHES_MAX = 10

export function readPrompt(request: JsonRecord, model: GeminiModel): Prompt {
  const contents = contentsOf(request)
  const config = isRecord(request['generationConfig']) ? request['generationConfig'] : {}
  const imageTokens = isThirdGeneration(model) ? CLOSE_IMAGE_TOKENS : IMAGE_TOKENS
  const log = createTurnLog()
  const blocks: PromptBlock[] = []
  if (request['tools'] !== undefined) blocks.push(promptBlock('tools', JSON.stringify(request['tools'])))
  for (const part of partsOf(request['systemInstruction'])) blocks.push(...partBlocks('system', part, imageTokens))
  for (const content of contents) {
    noteTurn(content, log)
    const role = typeof content['role'] === 'string' ? content['role'] : 'user'
    for (const part of partsOf(content)) blocks.push(...partBlocks(role, part, imageTokens))
  }
  const ending = log.ending()
  const thinking = readThinking(config['thinkingConfig'], model)
  const schema = outputSchema(config)
  return {
    blocks,
    ...ending,
    tools: functionDeclarations(request),
    ...readCalling(request['toolConfig']),
    ...(thinking === null ? {} : { thinking }),
    ...(schema === null ? {} : { outputSchema: schema }),
    stops: Array.isArray(config['stopSequences']) ? (config['stopSequences'] as string[]) : [],
    ...searchesOf(request, ending.lastUserText),
    choices: typeof config['candidateCount'] === 'number' ? config['candidateCount'] : 1,
  }
}

export function contentsOf(request: JsonRecord): JsonRecord[] {
  return Array.isArray(request['contents']) ? request['contents'].filter(isRecord) : []
}

function noteTurn(content: JsonRecord, log: TurnLog): void {
  if (content['role'] === 'model') log.assistant()
  for (const part of partsOf(content)) {
    const response = part['functionResponse']
    if (isRecord(response)) log.toolResult(String(response['id'] ?? response['name']), responseText(response))
    else if (content['role'] !== 'model' && typeof part['text'] === 'string') log.user(part['text'])
  }
}

/** "Use "output" key to specify function output and "error" key to specify error details" (FunctionResponse). */
function responseText({ response }: JsonRecord): string {
  if (!isRecord(response)) return ''
  const said = response['output'] ?? response['error'] ?? response['result'] ?? response
  return typeof said === 'string' ? said : JSON.stringify(said)
}

function partBlocks(role: string, part: JsonRecord, imageTokens: number): PromptBlock[] {
  const { text, inlineData, fileData, functionResponse: response, functionCall } = part
  if (typeof text === 'string') return [promptBlock(role, text)]
  const media = isRecord(inlineData) ? inlineData : fileData
  if (isRecord(media)) return [mediaBlock(role, media, imageTokens)]
  if (isRecord(response)) {
    const { parts: _, ...rest } = response
    const inner = partsOf(response).flatMap((item) => partBlocks(role, item, imageTokens))
    return [promptBlock(role, JSON.stringify(rest)), ...inner]
  }
  if (functionCall !== undefined) return [promptBlock(role, JSON.stringify(functionCall))]
  const { thoughtSignature: _, ...rest } = part
  return Object.keys(rest).length === 0 ? [] : [promptBlock(role, JSON.stringify(rest))]
}

function mediaBlock(role: string, media: JsonRecord, imageTokens: number): PromptBlock {
  const source = JSON.stringify([media['mimeType'], media['data'] ?? media['fileUri']])
  if (String(media['mimeType']).startsWith('image/')) return imageBlock(role, source, imageTokens)
  const digest = createHash('sha256').update(source).digest('hex')
  return promptBlock(role, `${digest}${' page'.repeat(MEDIA_TOKENS)}`)
}

/** Google's own search, where the request offers it and the prompt asks for it (directives.ts). */
function searchesOf(request: JsonRecord, lastUserText: string): Pick<Prompt, 'searches'> {
  const count = Math.min(findSearches({ blocks: [], lastUserText }), SEARCHES_MAX)
  if (count === 0 || !serverTools(request).includes('googleSearch')) return {}
  return { searches: { count, tokens: count * TOKENS_PER_SEARCH } }
}

/** Null where the answer cannot think. The third generation thinks by itself; before it, where it is asked to. */
function readThinking(config: unknown, model: GeminiModel): NonNullable<Prompt['thinking']> | null {
  if (model.thinking === 'none') return null
  const { thinkingBudget: budget, thinkingLevel: level, includeThoughts } = isRecord(config) ? config : {}
  if (budget === 0 && model.canStopThinking) return null
  const tokensMax = typeof budget === 'number' && budget > 0 ? budget : null
  const isAsked = budget !== undefined || level !== undefined || includeThoughts === true
  return { wanted: level !== 'MINIMAL' && (isAsked || isThirdGeneration(model)), tokensMax }
}

function outputSchema(config: JsonRecord): JsonRecord | null {
  const given = config['responseSchema'] ?? config['responseJsonSchema'] ?? config['_responseJsonSchema']
  if (isRecord(given)) return given
  return config['responseMimeType'] === 'application/json' ? {} : null
}

function readCalling(toolConfig: unknown): Pick<Prompt, 'toolChoice'> {
  const config = isRecord(toolConfig) ? toolConfig['functionCallingConfig'] : null
  if (!isRecord(config)) return {}
  const { mode, allowedFunctionNames: allowed } = config
  if (mode === 'NONE') return { toolChoice: 'none' }
  if (mode !== 'ANY') return {}
  return { toolChoice: Array.isArray(allowed) && allowed.length > 0 ? (allowed as string[]) : 'required' }
}
