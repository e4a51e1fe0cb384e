// The content of one answer in the order that canonical events demand: one call at a time. Servers of this wire number the calls of
// an answer and may write several at once; what comes beside an unfinished call waits until its arguments are complete. Used by
// decode-stream.ts.
import type { ChatEvent } from '../chat.ts'
import { JsonEnd } from './json-end.ts'
import type { CallPiece } from './wire.ts'

interface Call {
  type: 'call'
  id: string
  /** The id is the server's own. */
  isNamedByServer: boolean
  name: string
  /** Arguments that were not passed on yet. */
  waiting: string
  hasArguments: boolean
  isBegun: boolean
  end: JsonEnd
}

type TextDelta = Extract<ChatEvent, { type: 'text-delta' | 'reasoning-delta' }>

export class ContentOrder {
  /** Calls by the server's number, the latest where it gives one number twice. */
  readonly #calls = new Map<number | undefined, Call>()
  readonly #queue: (Call | TextDelta)[] = []
  #open: Call | undefined
  #callCount = 0
  #lastCall: Call | undefined

  get hasCalls(): boolean {
    return this.#callCount > 0
  }

  pushText(delta: TextDelta, out: ChatEvent[]): void {
    if (delta.text === '') return
    if (this.#canBegin(out)) out.push(delta)
    else this.#queue.push(delta)
  }

  /** `answerId` makes up the ids of calls that have none. */
  pushCall(piece: CallPiece, answerId: string, out: ChatEvent[]): void {
    const call = this.#continued(piece) ?? this.#begin(piece, answerId, out)
    if (piece.id !== '' && !call.isBegun) {
      call.id = piece.id
      call.isNamedByServer = true
    }
    if (call.name === '') call.name = piece.name
    call.waiting += piece.argumentsJson
    call.end.add(piece.argumentsJson)
    if (call !== this.#open) return
    passOn(call, out)
    if (this.#queue.length > 0 && call.end.isReached) this.#drain(false, out)
  }

  /** The answer is over: whatever waits is as complete as it will be. */
  end(out: ChatEvent[]): void {
    this.#drain(true, out)
    this.#close(out)
  }

  /** The call that a piece goes on with. A new id under a known number, or without one, is another call. */
  #continued({ index, id, name }: CallPiece): Call | undefined {
    const known = index === undefined ? this.#lastCall : this.#calls.get(index)
    if (known === undefined) return undefined
    const isOther = id !== '' && name !== '' && known.isNamedByServer && known.id !== id
    return isOther ? undefined : known
  }

  #begin({ index }: CallPiece, answerId: string, out: ChatEvent[]): Call {
    const call: Call = {
      type: 'call',
      id: ['call', answerId, this.#callCount].filter((part) => part !== '').join('_'),
      isNamedByServer: false,
      name: '',
      waiting: '',
      hasArguments: false,
      isBegun: false,
      end: new JsonEnd(),
    }
    this.#callCount++
    this.#lastCall = call
    this.#calls.set(index, call)
    if (this.#canBegin(out)) this.#open = call
    else this.#queue.push(call)
    return call
  }

  /** Whether something new may be passed on now; ends the open call where it is complete. */
  #canBegin(out: ChatEvent[]): boolean {
    if (this.#queue.length > 0) return false
    if (this.#open === undefined) return true
    if (!this.#open.end.isReached) return false
    this.#close(out)
    return true
  }

  #drain(isEnd: boolean, out: ChatEvent[]): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (!isEnd && this.#open?.end.isReached === false) return
      this.#close(out)
      this.#queue.shift()
      if (next.type === 'call') {
        this.#open = next
        passOn(next, out)
      } else out.push(next)
    }
  }

  #close(out: ChatEvent[]): void {
    const call = this.#open
    this.#open = undefined
    // A call that was never named cannot be made.
    if (call === undefined || !call.isBegun) return
    if (!call.hasArguments) out.push({ type: 'tool-call-delta', argumentsJson: '{}' })
    out.push({ type: 'tool-call-end' })
  }
}

function passOn(call: Call, out: ChatEvent[]): void {
  if (call.name === '') return
  if (!call.isBegun) {
    call.isBegun = true
    out.push({ type: 'tool-call-start', id: call.id, name: call.name })
  }
  if (call.waiting === '') return
  call.hasArguments = true
  out.push({ type: 'tool-call-delta', argumentsJson: call.waiting })
  call.waiting = ''
}
