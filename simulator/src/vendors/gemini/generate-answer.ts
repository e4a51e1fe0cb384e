// Gemini's answers: generateContent whole, streamGenerateContent as server-sent events (with CRLF) or as a JSON array.
// Every candidate's last chunk has its finishReason, which is STOP also where functions are called. `[[refuse]]` blocks
// the prompt, so that there are no candidates at all; `[[safety]]` ends the text with SAFETY instead of STOP.
import type { Choice } from '../../answer.ts'
import { findRefuse } from '../../directives.ts'
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Prompt } from '../../prompt.ts'
import type { Answer, Frame, Generation } from '../../vendor.ts'
import type { ContentForm, ContentPiece } from './content-pieces.ts'
import { streamPieces, wholeParts } from './content-pieces.ts'
import { geminiErrorBody } from './errors.ts'
import type { GeminiModel } from './models.ts'
import { isThirdGeneration } from './models.ts'
import { readPrompt } from './read-prompt.ts'
import type { Counts } from './usage-metadata.ts'
import { drawInterimReports, interimUsage, usageMetadata } from './usage-metadata.ts'

export type GeminiStreaming = 'none' | 'events' | 'array'

interface AnswerForm extends ContentForm {
  isBlocked: boolean
  isUnsafe: boolean
  hasLogprobs: boolean
}

interface Chunk {
  value: object
  outputTokens: number
  reasoningTokens: number
  isLast: boolean
}

export function geminiGeneration(
  id: string,
  model: GeminiModel,
  request: JsonRecord,
  streaming: GeminiStreaming,
): Generation {
  const config = isRecord(request['generationConfig']) ? request['generationConfig'] : {}
  const prompt = readPrompt(request, model)
  const form = answerForm(config, prompt, model)
  const cap = typeof config['maxOutputTokens'] === 'number' ? config['maxOutputTokens'] : null
  return {
    model: id,
    streamed: streaming !== 'none',
    prompt,
    // What is blocked is never generated, nor billed.
    outputTokensMax: form.isBlocked ? 0 : cap,
    streamContentType: streaming === 'events' ? 'text/event-stream' : 'application/json; charset=UTF-8',
    body: (answer) => `${JSON.stringify(wholeAnswer(answer, form), null, 2)}\n`,
    frames: (answer) => (streaming === 'events' ? eventFrames(answer, form) : arrayFrames(answer, form)),
    errorFrame(problem, _context, eventsBefore) {
      if (streaming === 'events') return event(geminiErrorBody(problem))
      return `${eventsBefore === 0 ? '[' : ',\r\n'}${JSON.stringify(geminiErrorBody(problem), null, 2)}]`
    },
  }
}

function answerForm(config: JsonRecord, prompt: Prompt, model: GeminiModel): AnswerForm {
  const thinking = isRecord(config['thinkingConfig']) ? config['thinkingConfig'] : {}
  return {
    showsThoughts: thinking['includeThoughts'] === true,
    isThirdGeneration: isThirdGeneration(model),
    isBlocked: findRefuse(prompt),
    isUnsafe: prompt.lastUserText.includes('[[safety]]'),
    hasLogprobs: config['responseLogprobs'] === true,
  }
}

function envelope(answer: Answer, usage: object | null): object {
  const usageField = answer.usageMissing || usage === null ? {} : { usageMetadata: usage }
  return { ...usageField, modelVersion: answer.model, responseId: answer.id }
}

function finalCounts({ usage: { output, reasoning } }: Answer): Counts {
  return { candidates: output - reasoning, thoughts: reasoning }
}

function blocked(answer: Answer): object {
  const { candidatesTokenCount: _, ...usage } = usageMetadata(answer, { candidates: 0, thoughts: 0 }) as JsonRecord
  return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...envelope(answer, usage) }
}

function wholeAnswer(answer: Answer, form: AnswerForm): object {
  if (form.isBlocked) return blocked(answer)
  const candidates = answer.choices.map((choice, index) =>
    candidate(wholeParts(choice, form, answer.random), index, ending(answer, choice, form)),
  )
  return { candidates, ...envelope(answer, usageMetadata(answer, finalCounts(answer))) }
}

function candidate(parts: readonly object[], index: number, extra: object): object {
  return { content: { ...(parts.length === 0 ? {} : { parts }), role: 'model' }, ...extra, index }
}

/** What a candidate has only once it is complete. */
function ending({ usage }: Answer, choice: Choice, form: AnswerForm): object {
  const queries = Array.from({ length: usage.webSearches }, (_, index) => `simulated search ${index + 1}`)
  const grounding = queries.length === 0 ? {} : { groundingMetadata: { webSearchQueries: queries } }
  return { ...finish(choice, form), ...grounding, ...logprobs(choice, form) }
}

function finish(choice: Choice, form: AnswerForm): { finishReason: string } {
  if (choice.finish === 'length') return { finishReason: 'MAX_TOKENS' }
  return { finishReason: form.isUnsafe ? 'SAFETY' : 'STOP' }
}

/** Chances are made up, but every token has one, and they add up. */
function logprobs(choice: Choice, form: AnswerForm): object {
  if (!form.hasLogprobs) return {}
  const tokens = choice.parts.flatMap((part) => (part.kind === 'text' ? part.tokens : []))
  const chosenCandidates = tokens.map((token) => ({ token, logProbability: -1 / (1 + token.length) }))
  const sum = chosenCandidates.reduce((total, { logProbability }) => total + logProbability, 0)
  return { avgLogprobs: tokens.length === 0 ? 0 : sum / tokens.length, logprobsResult: { chosenCandidates } }
}

function* chunks(answer: Answer, form: AnswerForm): Generator<Chunk> {
  if (form.isBlocked) {
    yield { value: blocked(answer), outputTokens: 0, reasoningTokens: 0, isLast: true }
    return
  }
  const reports = drawInterimReports(answer.random)
  const pieces = placedPieces(answer, form)
  const soFar: Counts = { candidates: 0, thoughts: 0 }
  for (const [at, { piece, index, extra }] of pieces.entries()) {
    soFar.candidates += piece.candidates
    soFar.thoughts += piece.thoughts
    const isLast = at === pieces.length - 1
    const usage = isLast ? usageMetadata(answer, finalCounts(answer)) : interimUsage(answer, reports, soFar, piece, at)
    yield {
      value: { candidates: [candidate(piece.parts, index, extra)], ...envelope(answer, usage) },
      outputTokens: piece.candidates + piece.thoughts,
      reasoningTokens: piece.thoughts,
      isLast,
    }
  }
}

/** The pieces of all candidates, one after the other, each candidate's last with its finish. */
function placedPieces(answer: Answer, form: AnswerForm): { piece: ContentPiece; index: number; extra: object }[] {
  return answer.choices.flatMap((choice, index) => {
    const pieces = streamPieces(choice, form, answer.random)
    return pieces.map((piece, at) => ({
      piece,
      index,
      extra: at === pieces.length - 1 ? ending(answer, choice, form) : {},
    }))
  })
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`
}

function* eventFrames(answer: Answer, form: AnswerForm): Generator<Frame> {
  for (const { value, isLast: _, ...tokens } of chunks(answer, form)) yield { text: event(value), ...tokens }
}

function* arrayFrames(answer: Answer, form: AnswerForm): Generator<Frame> {
  let before = '['
  for (const { value, isLast, ...tokens } of chunks(answer, form)) {
    yield { text: `${before}${JSON.stringify(value, null, 2)}${isLast ? '\n]' : '\n'}`, ...tokens }
    before = ',\r\n'
  }
}
