// The ids of calls, which this wire does not demand: those that are missing are made up by the call's place, and results find
// their call by id, else by name and order. The same conversation gives the same ids, which keeps prompt caches warm.

interface OpenCall {
  id: string
  name: string
}

export class CallIds {
  readonly #known = new Set<string>()
  #open: OpenCall[] = []
  #made = 0

  /** The id of a call, unique in the conversation. */
  add(given: string | undefined, name: string): string {
    const id = given === undefined || given === '' || this.#known.has(given) ? this.#make() : given
    this.#known.add(id)
    this.#open.push({ id, name })
    return id
  }

  /** The id of the call that a result belongs to; one of its own where there is none. */
  take(given: string | undefined, name: string): string {
    const call =
      this.#open.find(({ id }) => id === given) ??
      this.#open.find((open) => open.name === name) ??
      (given === undefined ? this.#open[0] : undefined)
    if (call === undefined) return given === undefined || given === '' ? this.#make() : given
    this.#open = this.#open.filter((open) => open !== call)
    return call.id
  }

  #make(): string {
    let id = `call_${++this.#made}`
    while (this.#known.has(id)) id = `call_${++this.#made}`
    return id
  }
}
