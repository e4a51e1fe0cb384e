// What a translation must know of the model that will answer: vendors refuse requests that a model cannot take. The
// catalogue states it for the models it knows; `traitsOfUnknown` stands in for the others.
import type { Effort } from './chat.ts'

/**
 * How a model is told to think: an `effort` of a scale, a `budget` of tokens, `adaptive` (it decides, steered by an effort), a
 * `level` of a scale (Gemini 3), a `switch` with a budget (Qwen); `none`: it does not think, or cannot be told to.
 */
export type ReasoningControl = 'none' | 'effort' | 'budget' | 'adaptive' | 'level' | 'switch'

export interface ModelTraits {
  /** Undefined for models that the catalogue does not know. */
  outputTokensMax: number | undefined
  reasoning: ReasoningControl
  /** The efforts that the model accepts, ascending; empty where it takes none. */
  efforts: readonly Effort[]
  /** Thinking cannot be switched off, and no call of a tool can be insisted on. */
  thinksAlways?: boolean | undefined
  /** Whether temperature, top_p and top_k (and penalties, where the wire has them) are accepted. */
  takesSampling: boolean
  takesImages: boolean
  takesTools: boolean
  /** Whether an answer can be held to a JSON schema. */
  takesSchema: boolean
  /** Whether stop sequences are accepted. */
  takesStop: boolean
  /** Whether the conversation may end with words put into the assistant's mouth. */
  takesPrefill: boolean
  /** The wires of the vendor that serve the model, the best first; undefined: all of them. Ids of protocols/index.ts. */
  wires: readonly string[] | undefined
}

/** Of a model without a catalogue entry nothing is withheld: the vendor knows best, and says so in its refusal. */
export const traitsOfUnknown: ModelTraits = Object.freeze({
  outputTokensMax: undefined,
  reasoning: 'none',
  efforts: [],
  takesSampling: true,
  takesImages: true,
  takesTools: true,
  takesSchema: true,
  takesStop: true,
  takesPrefill: true,
  wires: undefined,
})
