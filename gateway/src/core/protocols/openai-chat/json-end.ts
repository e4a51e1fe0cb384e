// Tells when JSON text that comes in pieces is complete: its outermost bracket has closed. Used by content-order.ts, which must
// know whether a call's arguments are all there before the next call may begin.

export class JsonEnd {
  #depth = 0
  #isInText = false
  #isEscaped = false
  #isReached = false

  get isReached(): boolean {
    return this.#isReached
  }

  add(piece: string): void {
    for (let at = 0; at < piece.length && !this.#isReached; at++) this.#see(piece[at] ?? '')
  }

  #see(letter: string): void {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (letter === '\\') this.#isEscaped = true
      else if (letter === '"') this.#isInText = false
      return
    }
    if (letter === '"') this.#isInText = true
    else if (letter === '{' || letter === '[') this.#depth++
    else if (letter === '}' || letter === ']') this.#isReached = --this.#depth <= 0
  }
}
