// What a price file says of a model besides its price, for translation: see protocols/model-traits.ts.
import { efforts } from '../protocols/chat.ts'
import type { ModelTraits, ReasoningControl } from '../protocols/model-traits.ts'
import type { FileReader } from './catalogue-file.ts'

const reasoningControls = [
  'none',
  'effort',
  'budget',
  'adaptive',
  'level',
  'switch',
] as const satisfies readonly ReasoningControl[]

const flags = ['takesSampling', 'takesImages', 'takesTools', 'takesSchema', 'takesStop', 'takesPrefill'] as const
/** Ids of wires, as protocols/index.ts has them; which exist is for routing to know. */
const wirePattern = /^[a-z][a-z-]{1,40}$/

export function parseTraits(reader: FileReader, outputTokensMax: number | undefined): ModelTraits | undefined {
  reader.allowOnly(['reasoning', 'efforts', 'thinksAlways', 'wires', ...flags])
  const reasoning = reader.oneOf('reasoning', reasoningControls)
  const words = reader.texts('efforts')
  const accepted = efforts.filter((effort) => words?.includes(effort))
  if (words !== undefined && accepted.join() !== words.join()) {
    reader.problem('efforts', `are not some of ${efforts.join(', ')}, in this order`)
  }
  const wires = reader.value('wires') === undefined ? undefined : reader.texts('wires')
  if (wires?.length === 0 || wires?.some((wire) => !wirePattern.test(wire)) === true) {
    reader.problem('wires', 'are not ids of wires')
  }
  const thinksAlways = reader.value('thinksAlways') === undefined ? undefined : reader.flag('thinksAlways')
  const taken = Object.fromEntries(flags.map((name) => [name, reader.flag(name) === true]))
  if (reasoning === undefined || words === undefined) return undefined
  return {
    outputTokensMax,
    reasoning,
    efforts: accepted,
    thinksAlways,
    wires,
    ...(taken as Record<(typeof flags)[number], boolean>),
  }
}
