// Gemini's usageMetadata: cached tokens inside the prompt's, thoughts beside the candidates', what the server's own
// tools brought in beside both. Every chunk of a stream carries it and the last replaces the others; on the way there it
// may tell something else (real streams correct the prompt count, restart their counters, or leave the report out).
import { wholeInput } from '../../ledger.ts'
import type { Random } from '../../random.ts'
import type { Answer } from '../../vendor.ts'

/** How the chunks before the last report: as it is, a prompt count that is corrected later, counters that restart. */
export type InterimReports = 'exact' | 'estimated' | 'restarting' | 'sparse'

const INTERIM_SHARES: readonly (readonly [upTo: number, reports: InterimReports])[] = [
  [0.5, 'exact'],
  [0.7, 'estimated'],
  [0.9, 'restarting'],
]

/** How much of the prompt an early report has seen. */
const ESTIMATED_SHARE = 0.6

export interface Counts {
  candidates: number
  thoughts: number
}

export function drawInterimReports(random: Random): InterimReports {
  const draw = random.unit()
  return INTERIM_SHARES.find(([upTo]) => draw < upTo)?.[1] ?? 'sparse'
}

export function usageMetadata({ usage }: Answer, { candidates, thoughts }: Counts): object {
  const prompt = wholeInput(usage)
  const { cacheRead, image, toolInput } = usage
  const details = [...modality('TEXT', prompt - image), ...modality('IMAGE', image)]
  return report(prompt, { candidates, thoughts }, { cached: cacheRead, toolUse: toolInput }, details)
}

/** What a chunk before the last says; null for nothing at all. `chunkCounts` are this chunk's alone. */
export function interimUsage(
  answer: Answer,
  reports: InterimReports,
  soFar: Counts,
  chunkCounts: Counts,
  chunkIndex: number,
): object | null {
  switch (reports) {
    case 'sparse':
      return chunkIndex % 2 === 0 ? usageMetadata(answer, soFar) : null
    case 'estimated': {
      const seen = Math.max(1, Math.floor(wholeInput(answer.usage) * ESTIMATED_SHARE))
      return report(seen, soFar, { cached: 0, toolUse: 0 }, modality('TEXT', seen))
    }
    case 'restarting':
      return usageMetadata(answer, chunkIndex % 2 === 0 ? soFar : chunkCounts)
    default:
      return usageMetadata(answer, soFar)
  }
}

function report(
  prompt: number,
  { candidates, thoughts }: Counts,
  { cached, toolUse }: { cached: number; toolUse: number },
  details: readonly object[],
): object {
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: candidates,
    totalTokenCount: prompt + toolUse + candidates + thoughts,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached, cacheTokensDetails: modality('TEXT', cached) }),
    promptTokensDetails: details,
    ...(toolUse === 0
      ? {}
      : { toolUsePromptTokenCount: toolUse, toolUsePromptTokensDetails: modality('TEXT', toolUse) }),
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  }
}

export function modality(name: string, tokenCount: number): { modality: string; tokenCount: number }[] {
  return tokenCount === 0 && name !== 'TEXT' ? [] : [{ modality: name, tokenCount }]
}
