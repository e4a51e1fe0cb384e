// The padding of streamed deltas against traffic analysis (OpenAI API reference, `stream_options.include_obfuscation`):
// random letters that bring the delta to a multiple of sixteen characters. For the two wires that OpenAI defined.
import type { JsonRecord } from './json.ts'
import { isRecord } from './json.ts'
import type { Random } from './random.ts'

const BLOCK_CHARACTERS = 16

/** Whether a request leaves it on, as it is by default. */
export function wantsObfuscation({ stream_options: options }: JsonRecord): boolean {
  return !(isRecord(options) && options['include_obfuscation'] === false)
}

export function obfuscate(delta: string, random: Random): string {
  return random.alphanumeric(BLOCK_CHARACTERS - (delta.length % BLOCK_CHARACTERS))
}
