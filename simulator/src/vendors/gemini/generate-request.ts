// Reads a Gemini generateContent request. Field names come in both spellings, as Google's JSON mapping accepts them.
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import type { Prompt, PromptBlock } from '../../prompt.ts'
import { promptBlock, unknownFieldBlocks } from '../../prompt.ts'

/** Fields that steer the answer, or that are read by name. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model contents systemInstruction system_instruction generationConfig generation_config safetySettings ' +
    'safety_settings toolConfig tool_config tools cachedContent cached_content labels serviceTier service_tier store'
  ).split(' '),
)

export interface GenerateRequest {
  outputTokensMax: number | null
  prompt: Prompt
}

export function readGenerateRequest(body: unknown): GenerateRequest | Problem {
  const request = isRecord(body) ? body : {}
  const { contents } = request
  if (contents === undefined || (Array.isArray(contents) && contents.length === 0)) {
    return invalid('* GenerateContentRequest.contents: contents is not specified\n')
  }
  // Google accepts a single content in place of the list.
  const turns: unknown[] = Array.isArray(contents) ? contents : [contents]
  const problem = findContentsProblem(turns)
  if (problem !== null) return problem
  const config = request['generationConfig'] ?? request['generation_config'] ?? {}
  if (!isRecord(config)) return invalid("Invalid value at 'generation_config' (type.googleapis.com/GenerationConfig)")
  const cap = config['maxOutputTokens'] ?? config['max_output_tokens'] ?? null
  if (cap !== null && (typeof cap !== 'number' || !Number.isInteger(cap))) {
    const shown = JSON.stringify(cap)
    return invalid(`Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), ${shown}`)
  }
  if (cap !== null && cap < 1) return invalid('max_output_tokens must be positive.')
  return { outputTokensMax: cap, prompt: readPrompt(request, turns as JsonRecord[]) }
}

function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}

function findContentsProblem(turns: readonly unknown[]): Problem | null {
  for (const [index, turn] of turns.entries()) {
    if (!isRecord(turn)) {
      const shown = JSON.stringify(turn)
      return invalid(`Invalid value at 'contents[${index}]' (type.googleapis.com/Content), ${shown}`)
    }
    const { role, parts } = turn
    if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function') {
      return invalid('Please use a valid role: user, model.')
    }
    if (!Array.isArray(parts) || parts.length === 0) {
      return invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`)
    }
  }
  return null
}

function readPrompt(request: JsonRecord, turns: readonly JsonRecord[]): Prompt {
  const blocks: PromptBlock[] = []
  if (request['tools'] !== undefined) blocks.push(promptBlock('tools', JSON.stringify(request['tools'])))
  const system = request['systemInstruction'] ?? request['system_instruction']
  if (isRecord(system)) blocks.push(promptBlock('system', partsText(system['parts'])))
  else if (typeof system === 'string') blocks.push(promptBlock('system', system))
  let lastUserText = ''
  for (const turn of turns) {
    const role = typeof turn['role'] === 'string' ? turn['role'] : 'user'
    const text = partsText(turn['parts'])
    blocks.push(promptBlock(role, text))
    if (role === 'user') lastUserText = text
  }
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  return { blocks, lastUserText }
}

function partsText(parts: unknown): string {
  const list: unknown[] = Array.isArray(parts) ? parts : [parts]
  return list
    .map((part) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : (JSON.stringify(part) ?? '')))
    .join('\n')
}
