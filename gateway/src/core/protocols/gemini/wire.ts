// The answers of the generateContent wire, read leniently: every event of a stream and a complete answer have one shape
// (Gemini API reference, "GenerateContentResponse").
import { asList, asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'

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
  /** UTF-8 bytes of the text of all candidates, thoughts and calls included. */
  textBytes: number
  hasContent: boolean
  /** Of the first candidate. */
  finishReason: string | undefined
  /** Indexes of the candidates that have ended. */
  endedCandidates: number[]
  /** The prompt was blocked: there is no candidate and none will come. */
  blockReason: string | undefined
  usage: JsonRecord | undefined
  /** Searches that the vendor has made for it, which are billed apiece. */
  searches: number
  error: JsonRecord | undefined
}

export function readGenerateAnswer(json: JsonRecord): GenerateAnswer {
  const candidates = asRecords(json['candidates'])
  // Every chunk of a stream has one candidate, mostly; canonical answers are the first one's.
  const first = candidates.find((candidate) => indexOf(candidate) === 0)
  const parts = candidates.flatMap(partsOf)
  return {
    id: asText(json['responseId']),
    model: asText(json['modelVersion']),
    candidates: candidates.length,
    parts: first === undefined ? [] : partsOf(first).flatMap(readPart),
    textBytes: parts.reduce((sum, part) => sum + Buffer.byteLength(textOf(part)) + callBytes(part), 0),
    hasContent: parts.some(holdsContent),
    finishReason: asText(first?.['finishReason']),
    endedCandidates: candidates.filter((candidate) => asText(candidate['finishReason'])).map(indexOf),
    blockReason: asText(asRecord(json['promptFeedback'])?.['blockReason']),
    usage: asRecord(json['usageMetadata']),
    searches: candidates.reduce((sum, candidate) => sum + searchesOf(candidate), 0),
    error: asRecord(json['error']),
  }
}

function searchesOf(candidate: JsonRecord): number {
  return asList(asRecord(candidate['groundingMetadata'])?.['webSearchQueries']).length
}

/** Proto leaves out what is 0. */
function indexOf(candidate: JsonRecord): number {
  return typeof candidate['index'] === 'number' ? candidate['index'] : 0
}

function partsOf(candidate: JsonRecord): JsonRecord[] {
  return asRecords(asRecord(candidate['content'])?.['parts'])
}

/** Signatures on a part of their own are nothing that a client sees. */
function holdsContent(part: JsonRecord): boolean {
  if ('text' in part) return textOf(part) !== ''
  return Object.keys(part).some((name) => name !== 'thoughtSignature' && name !== 'thought')
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
