// The items of one answer in the order that canonical events demand: one call at a time. The wire numbers its items and may write
// several at once; what comes beside an open call waits until that call is done. Used by decode-stream.ts.
import type { ChatEvent } from '../chat.ts'
import type { JsonRecord } from '../lenient-json.ts'
import { readItemCall, readItemTexts } from './wire.ts'

interface CallItem {
  type: 'call'
  id: string
  name: string
  /** Arguments that were not passed on yet. */
  waiting: string
  hasArguments: boolean
  isBegun: boolean
  isDone: boolean
}

interface WordsItem {
  type: 'words'
  kind: 'text-delta' | 'reasoning-delta'
  waiting: string
  /** Parts that said something, by the name of their events and their number. */
  saidParts: Set<string>
}

type Item = CallItem | WordsItem

export class ItemOrder {
  readonly #items = new Map<unknown, Item>()
  readonly #queue: Item[] = []
  #open: CallItem | undefined
  #callCount = 0
  #hasCalls = false
  #answerId = ''

  /** Something was called; a call that was never named cannot be made. */
  get hasCalls(): boolean {
    return this.#hasCalls
  }

  /** Ids of calls that have none are made of it. */
  start(answerId: string): void {
    this.#answerId = answerId
  }

  /** Nothing was said or called yet. */
  get isEmpty(): boolean {
    return this.#items.size === 0
  }

  /** Words of a message or of reasoning. `part` tells apart the parts that one item has. */
  say(index: unknown, kind: WordsItem['kind'], part: string, text: string, out: ChatEvent[]): void {
    const item = this.#words(index, kind)
    if (item === undefined || text === '') return
    // The parts of a summary are paragraphs.
    const isNextPart = kind === 'reasoning-delta' && item.saidParts.size > 0 && !item.saidParts.has(part)
    item.saidParts.add(part)
    item.waiting += isNextPart ? `\n\n${text}` : text
    this.#pass(item, out)
  }

  /** A part is over, with its whole text: some servers give that alone. */
  sayWhole(index: unknown, kind: WordsItem['kind'], part: string, text: string, out: ChatEvent[]): void {
    if (this.#words(index, kind)?.saidParts.has(part) === false) this.say(index, kind, part, text, out)
  }

  /** A piece of a call's arguments. */
  argue(index: unknown, argumentsJson: string, out: ChatEvent[]): void {
    const item = this.#items.get(index) ?? this.#addCall(index)
    if (item.type !== 'call' || item.isDone || argumentsJson === '') return
    item.waiting += argumentsJson
    item.hasArguments = true
    this.#pass(item, out)
  }

  open(index: unknown, json: JsonRecord, out: ChatEvent[]): void {
    const call = readItemCall(json)
    if (call === undefined) return
    const item = this.#items.get(index) ?? this.#addCall(index)
    if (item.type !== 'call' || item.isDone) return
    if (!item.isBegun) {
      if (call.id !== '') item.id = call.id
      item.name = call.name
    }
    this.#pass(item, out)
  }

  /** The item is complete; what it holds that was not said yet is said now. */
  close(index: unknown, json: JsonRecord, out: ChatEvent[]): void {
    this.open(index, json, out)
    const call = readItemCall(json)
    if (call === undefined) return this.#closeWords(index, json, out)
    const item = this.#items.get(index)
    if (item?.type !== 'call' || item.isDone) return
    if (!item.hasArguments) this.argue(index, call.argumentsJson ?? '{}', out)
    item.isDone = true
    this.#drain(false, out)
  }

  /** The answer is over: whatever waits is as complete as it will be. */
  end(out: ChatEvent[]): void {
    this.#drain(true, out)
  }

  #closeWords(index: unknown, json: JsonRecord, out: ChatEvent[]): void {
    const { type } = json
    if (type !== 'message' && type !== 'reasoning') return
    const kind = type === 'message' ? 'text-delta' : 'reasoning-delta'
    const item = this.#words(index, kind)
    if (item === undefined || item.saidParts.size > 0) return
    for (const [part, { text }] of readItemTexts(json).entries()) this.say(index, kind, String(part), text, out)
  }

  #words(index: unknown, kind: WordsItem['kind']): WordsItem | undefined {
    const known = this.#items.get(index)
    if (known !== undefined) return known.type === 'words' ? known : undefined
    const item: WordsItem = { type: 'words', kind, waiting: '', saidParts: new Set() }
    this.#items.set(index, item)
    return item
  }

  #addCall(index: unknown): CallItem {
    const id = ['call', this.#answerId, this.#callCount].filter((part) => part !== '').join('_')
    const item: CallItem = {
      type: 'call',
      id,
      name: '',
      waiting: '',
      hasArguments: false,
      isBegun: false,
      isDone: false,
    }
    this.#callCount++
    this.#items.set(index, item)
    return item
  }

  /** Passes on what the item has, at once or behind the open call. A call without a name cannot begin yet. */
  #pass(item: Item, out: ChatEvent[]): void {
    if (item.type === 'call') {
      if (item.name === '') return
      this.#hasCalls = true
    }
    if (this.#open !== undefined && this.#open !== item) {
      if (!this.#queue.includes(item)) this.#queue.push(item)
      return
    }
    if (item.type === 'call') this.#open = item
    passOn(item, out)
  }

  #drain(isEnd: boolean, out: ChatEvent[]): void {
    this.#endCall(isEnd, out)
    while (this.#open === undefined) {
      const next = this.#queue.shift()
      if (next === undefined) return
      if (next.type === 'call') this.#open = next
      passOn(next, out)
      this.#endCall(isEnd, out)
    }
  }

  #endCall(isEnd: boolean, out: ChatEvent[]): void {
    const call = this.#open
    if (call === undefined || !(isEnd || call.isDone)) return
    this.#open = undefined
    call.isDone = true
    if (!call.hasArguments) out.push({ type: 'tool-call-delta', argumentsJson: '{}' })
    out.push({ type: 'tool-call-end' })
  }
}

function passOn(item: Item, out: ChatEvent[]): void {
  const { waiting } = item
  item.waiting = ''
  if (item.type === 'words') {
    if (waiting !== '') out.push({ type: item.kind, text: waiting })
    return
  }
  if (!item.isBegun) out.push({ type: 'tool-call-start', id: item.id, name: item.name })
  item.isBegun = true
  if (waiting !== '') out.push({ type: 'tool-call-delta', argumentsJson: waiting })
}
