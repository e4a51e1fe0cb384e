// The answers of the generateContent wire, read leniently: every event of a stream and a complete answer have one shape
// (Gemini API reference, "GenerateContentResponse").
import { asList, asRecord, asText, type JsonRecord } from '../lenient-json.ts'

export interface GenerateAnswer {
  id: string | undefined
  model: string | undefined
  candidates: number
  /** Text of the first candidate without its thoughts. */
  text: string
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
  const said = parts.filter((part) => part['thought'] !== true)
  return {
    id: asText(json['responseId']),
    model: asText(json['modelVersion']),
    candidates: candidates.length,
    text: said.map(textOf).join(''),
    textBytes: parts.reduce((sum, part) => sum + Buffer.byteLength(textOf(part)), 0),
    hasContent: parts.some((part) => !('text' in part) || textOf(part) !== ''),
    finishReason: asText(first?.['finishReason']),
    blockReason: asText(asRecord(json['promptFeedback'])?.['blockReason']),
    usage: asRecord(json['usageMetadata']),
    error: asRecord(json['error']),
  }
}

function textOf(part: JsonRecord): string {
  return asText(part['text']) ?? ''
}
