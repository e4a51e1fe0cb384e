// The canonical request as a generateContent body (Gemini API reference, "GenerateContentRequest"). The model and whether to
// stream stand in the path.
import type { ChatRequest, ToolChoice } from '../chat.ts'
import type { EncodedRequest, EncodeTarget } from '../protocol.ts'
import { budgetOf, effortOf, nearestEffort } from '../reasoning-effort.ts'
import { encodeContents } from './encode-contents.ts'

/** "Up to 5" (GenerationConfig, `stopSequences`). */
const stopsMax = 5
/** The smallest and the largest budget that models of the wire take ("Thinking", "Thinking budgets"). */
const budgetTokensMin = 512
const budgetTokensMax = 24_577

export function encodeRequest(request: ChatRequest, { traits }: EncodeTarget): EncodedRequest {
  const dropped: string[] = []
  const { tools, toolChoice, responseFormat, stopSequences } = request
  if (stopSequences.length > stopsMax) dropped.push('stop')
  const system = request.system.filter(({ text }) => text !== '').map(({ text }) => ({ text }))
  const declarations = tools.map(({ name, description, parameters }) => {
    return { name, description, parametersJsonSchema: parameters }
  })
  const body = {
    contents: encodeContents(request.messages),
    systemInstruction: system.length === 0 ? undefined : { parts: system },
    tools: declarations.length === 0 ? undefined : [{ functionDeclarations: declarations }],
    toolConfig:
      declarations.length === 0 || toolChoice === undefined
        ? undefined
        : { functionCallingConfig: encodeToolChoice(toolChoice) },
    generationConfig: {
      maxOutputTokens: request.maxOutputTokens,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      stopSequences: stopSequences.length === 0 ? undefined : stopSequences.slice(0, stopsMax),
      seed: request.seed,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      responseMimeType: responseFormat && 'application/json',
      responseJsonSchema: responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined,
      thinkingConfig: encodeThinking(request, traits, dropped),
    },
  }
  return { body: Buffer.from(JSON.stringify(body)), dropped }
}

function encodeToolChoice(choice: ToolChoice): object {
  switch (choice.type) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  }
}

function encodeThinking(
  { reasoning }: ChatRequest,
  traits: EncodeTarget['traits'],
  dropped: string[],
): object | undefined {
  if (reasoning === undefined) return undefined
  const includeThoughts = reasoning.isShown
  if (traits.reasoning === 'budget') {
    return { includeThoughts, thinkingBudget: budgetOf(reasoning, budgetTokensMin, budgetTokensMax) }
  }
  const level = traits.reasoning === 'level' ? nearestEffort(effortOf(reasoning), traits.efforts) : undefined
  if (level !== undefined) return { includeThoughts, thinkingLevel: level }
  if (effortOf(reasoning) !== 'none') dropped.push('reasoning')
  return undefined
}

/** `model` may be a bare name or the full resource name; every other character of it is data, never part of the path. */
export function pathOf(model: string, stream: boolean): string {
  const bareName = model.startsWith('models/') ? model.slice('models/'.length) : model
  // Half a surrogate pair, which JSON can carry, would make encodeURIComponent throw.
  const name = encodeURIComponent(bareName.toWellFormed())
  return `/v1beta/models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}
