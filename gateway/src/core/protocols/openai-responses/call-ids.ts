// Ids of calls that other wires made, in the length that this one accepts. Within one conversation the same id stays the same, and
// goes on to do so when the conversation grows: prompt caches compare beginnings.

/** "Expected a string with maximum length 64" (`input[].call_id`). */
const callIdCharsMax = 64

export class CallIds {
  readonly #short = new Map<string, string>()

  of(id: string): string {
    if (id.length <= callIdCharsMax) return id
    const known = this.#short.get(id)
    if (known !== undefined) return known
    const short = `call_shortened_${this.#short.size}`
    this.#short.set(id, short)
    return short
  }
}
