// `effort` of the request's and of an instruction's `output_config`, as a canonical one.
import type { Effort } from '../chat.ts'
import { invalidField, type RequestBody } from '../request-fields.ts'

const words: ReadonlySet<unknown> = new Set<Effort>(['low', 'medium', 'high', 'xhigh', 'max'])

/** `path` names the configuration in complaints. Absent and null are undefined. */
export function readEffort(config: RequestBody, path: string): Effort | undefined {
  const effort = config['effort'] ?? undefined
  if (effort === undefined) return undefined
  if (!words.has(effort)) throw invalidField(`${path}.effort`, `must be one of ${[...words].join(', ')}`)
  return effort as Effort
}
