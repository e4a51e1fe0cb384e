// The answers of the generateContent wire, read leniently: every event of a stream and a complete answer have one shape
// (Gemini API reference, "GenerateContentResponse").
import { asList, asRecord, asText, type JsonRecord } from '../lenient-json.ts'

export type AnswerPart =
  | { type: 'text'; text: string }
  | { type: 'thought'; text: string }
  | { type: 'call'; id: string; name: string; argumentsJson: string }

export interface GenerateAnswer {
  id: string | undefined
  model: string | undefined
  candidates: number
  /** What the first candidate says, part by part. */
  parts: AnswerPart[]
  /** UTF-8 bytes of all text of the first candidate, thoughts included. */
  textBytes: number
  hasContent: boolean
  finishReason: string | undefined
  /** The prompt was blocked: there is no candidate and none will come. */
  blockReason: string | undefined
  usage: JsonRecord | undefined
  error: JsonRecord | undefined
}

export function readGenerateAnswer(json: JsonRecord): GenerateAnswer {
  const candidates = asList(json['candidates'])
  const first = asRecord(candidates[0])
  const parts = asList(asRecord(first?.['content'])?.['parts']).map((part) => asRecord(part) ?? {})
  return {
    id: asText(json['responseId']),
    model: asText(json['modelVersion']),
    candidates: candidates.length,
    parts: parts.flatMap(readPart),
    textBytes: parts.reduce((sum, part) => sum + Buffer.byteLength(textOf(part)) + callBytes(part), 0),
    hasContent: parts.some((part) => !('text' in part) || textOf(part) !== ''),
    finishReason: asText(first?.['finishReason']),
    blockReason: asText(asRecord(json['promptFeedback'])?.['blockReason']),
    usage: asRecord(json['usageMetadata']),
    error: asRecord(json['error']),
  }
}

function readPart(part: JsonRecord): AnswerPart[] {
  const call = asRecord(part['functionCall'])
  if (call !== undefined) {
    const argumentsJson = JSON.stringify(asRecord(call['args']) ?? {})
    return [{ type: 'call', id: asText(call['id']) ?? '', name: asText(call['name']) ?? '', argumentsJson }]
  }
  const text = textOf(part)
  return text === '' ? [] : [{ type: part['thought'] === true ? 'thought' : 'text', text }]
}

function textOf(part: JsonRecord): string {
  return asText(part['text']) ?? ''
}

function callBytes(part: JsonRecord): number {
  const call = asRecord(part['functionCall'])
  return call === undefined ? 0 : Buffer.byteLength(JSON.stringify(call))
}
