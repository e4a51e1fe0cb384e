// Addresses of the wire beside the one for answers and the one that counts tokens (OpenAI API reference, "Responses"): looking
// stored answers up, cancelling, deleting, compacting. Said in the dialect why there is nothing.
import { AppError } from '@aicarpool/contract'
import { responsesPath } from './wire.ts'

export function refuseAddress(path: string): AppError | undefined {
  if (!path.startsWith(`${responsesPath}/`)) return undefined
  const detail =
    path === `${responsesPath}/compact`
      ? 'Conversations are not compacted here: ask a model for a summary instead.'
      : 'Answers are not looked up here: an answer that was stored lies with one account. Keep what was said, or stream it.'
  return new AppError('not_found', { detail })
}
