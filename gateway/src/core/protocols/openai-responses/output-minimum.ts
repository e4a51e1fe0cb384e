// The least output maximum of the wire: a smaller one is refused, and many clients of other wires ask for one token to see
// whether somebody is there.

/** `max_output_tokens`, "integer_below_min_value … Expected a value >= 16" (OpenAI API). */
export const outputTokensMin = 16

export function raisedMaximum(maxOutputTokens: number): number {
  return Math.max(maxOutputTokens, outputTokensMin)
}
