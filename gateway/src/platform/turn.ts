// The end of the present event-loop turn: where work that was gathered during the turn is done once for all of it.

export function endOfTurn(work: () => void): void {
  setImmediate(work)
}
