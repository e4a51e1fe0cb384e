// The output items of one answer, as they grow: for each canonical event the wire's own events, in the grammar of the reference
// (OpenAI API reference, "Streaming events"), and in the end the list of items that every response carries.
import type { ChatEvent, ChatRequest, ToolDefinition } from '../chat.ts'
import { asRecord, asText, parseJson } from '../lenient-json.ts'
import { reasoningMark } from './reasoning-mark.ts'

/** Takes one event: its type, and its members beside type and number as JSON text without the braces. */
export type Emit = (type: string, members: string) => void

type ContentEvent = Extract<ChatEvent, { type: 'text-delta' | 'reasoning-delta' | `tool-call-${string}` }>
export type ItemStatus = 'completed' | 'incomplete'
type State = ItemStatus | 'in_progress'

interface OpenItem {
  kind: 'message' | 'reasoning' | 'call'
  id: string
  /** Text, thoughts or arguments so far. */
  text: string
  /** Its id and number as members of events. */
  place: string
  callId: string
  name: string
  origin: ToolDefinition['origin']
}

export class AnswerItems {
  readonly output: object[] = []
  hasText = false
  readonly #origins: ReadonlyMap<string, ToolDefinition['origin']>
  readonly #isShown: boolean
  readonly #requestId: string
  readonly #emit: Emit
  #open: OpenItem | undefined

  constructor(request: ChatRequest, requestId: string, emit: Emit) {
    this.#origins = new Map(request.tools.map(({ name, origin }) => [name, origin]))
    this.#isShown = request.reasoning?.isShown === true
    this.#requestId = requestId
    this.#emit = emit
  }

  push(event: ContentEvent): void {
    switch (event.type) {
      case 'text-delta':
        this.#say(event.text)
        return
      case 'reasoning-delta':
        this.#think(event.text)
        return
      case 'tool-call-start':
        this.end('completed')
        this.#begin('call', event.id, event.name)
        return
      case 'tool-call-delta':
        this.#argue(event.argumentsJson)
        return
      case 'tool-call-end':
        this.end('completed')
    }
  }

  /** Ends the item that is open. */
  end(status: ItemStatus): void {
    const item = this.#open
    this.#open = undefined
    if (item === undefined) return
    if (item.kind === 'message') this.#endMessage(item)
    else if (item.kind === 'reasoning') this.#endReasoning(item)
    else this.#endCall(item)
    const whole = itemObject(item, status, this.#isShown)
    this.#emit('response.output_item.done', membersOf({ output_index: this.output.length, item: whole }))
    this.output.push(whole)
  }

  #begin(kind: OpenItem['kind'], callId = '', name = ''): OpenItem {
    const origin = this.#origins.get(name)
    const id = `${idPrefix(kind, origin)}_${this.#requestId}_${this.output.length}`
    const place = membersOf({ item_id: id, output_index: this.output.length })
    const item: OpenItem = { kind, id, text: '', place, callId, name, origin }
    this.#open = item
    const opened = itemObject(item, 'in_progress', this.#isShown)
    this.#emit('response.output_item.added', membersOf({ output_index: this.output.length, item: opened }))
    return item
  }

  #say(text: string): void {
    if (text === '') return
    this.hasText = true
    let item = this.#open
    if (item?.kind !== 'message') {
      this.end('completed')
      item = this.#begin('message')
      this.#emit('response.content_part.added', `${item.place},"content_index":0,${membersOf({ part: textPart('') })}`)
    }
    item.text += text
    const delta = `${item.place},"content_index":0,"delta":${JSON.stringify(text)},"logprobs":[]`
    this.#emit('response.output_text.delta', delta)
  }

  #endMessage({ place, text }: OpenItem): void {
    const whole = `${place},"content_index":0,${membersOf({ text, logprobs: [] })}`
    this.#emit('response.output_text.done', whole)
    this.#emit('response.content_part.done', `${place},"content_index":0,${membersOf({ part: textPart(text) })}`)
  }

  #think(text: string): void {
    if (text === '') return
    let item = this.#open
    if (item?.kind !== 'reasoning') {
      this.end('completed')
      item = this.#begin('reasoning')
      if (this.#isShown) this.#emit('response.reasoning_summary_part.added', summaryMembers(item.place, ''))
    }
    // What is not shown need not be kept.
    if (!this.#isShown) return
    item.text += text
    const delta = `${item.place},"summary_index":0,"delta":${JSON.stringify(text)}`
    this.#emit('response.reasoning_summary_text.delta', delta)
  }

  #endReasoning({ place, text }: OpenItem): void {
    if (!this.#isShown) return
    this.#emit('response.reasoning_summary_text.done', `${place},"summary_index":0,${membersOf({ text })}`)
    this.#emit('response.reasoning_summary_part.done', summaryMembers(place, text))
  }

  #argue(argumentsJson: string): void {
    const item = this.#open
    if (item?.kind !== 'call' || argumentsJson === '') return
    item.text += argumentsJson
    // The text of a custom tool stands inside its arguments, which must be whole to be read.
    if (isCustom(item.origin)) return
    const delta = `${item.place},"delta":${JSON.stringify(argumentsJson)}`
    this.#emit('response.function_call_arguments.delta', delta)
  }

  #endCall({ place, text, name, origin }: OpenItem): void {
    if (!isCustom(origin)) {
      const whole = { name: origin?.name ?? name, arguments: text }
      this.#emit('response.function_call_arguments.done', `${place},${membersOf(whole)}`)
      return
    }
    const input = inputOf(text)
    this.#emit('response.custom_tool_call_input.delta', `${place},${membersOf({ delta: input })}`)
    this.#emit('response.custom_tool_call_input.done', `${place},${membersOf({ input })}`)
  }
}

/** An answer's texts as what the model said instead of one. */
export function asRefusals(output: readonly object[]): object[] {
  return output.map((item) => {
    if (!('content' in item) || !Array.isArray(item.content)) return item
    const content = item.content as { text: string }[]
    return { ...item, content: content.map(({ text }) => ({ type: 'refusal', refusal: text })) }
  })
}

type CustomOrigin = Extract<ToolDefinition['origin'], { kind: 'custom' }>

function isCustom(origin: ToolDefinition['origin']): origin is CustomOrigin {
  return origin?.kind === 'custom' || origin?.isCustom === true
}

function idPrefix(kind: OpenItem['kind'], origin: ToolDefinition['origin']): string {
  if (kind === 'message') return 'msg'
  if (kind === 'reasoning') return 'rs'
  return isCustom(origin) ? 'ctc' : 'fc'
}

function itemObject({ kind, id, text, callId, name, origin }: OpenItem, status: State, isShown: boolean): object {
  const isOpen = status === 'in_progress'
  if (kind === 'message') {
    return { id, type: 'message', status, role: 'assistant', content: isOpen ? [] : [textPart(text)] }
  }
  if (kind === 'reasoning') {
    const summary = isOpen || !isShown ? [] : [{ type: 'summary_text', text }]
    return { id, type: 'reasoning', summary, encrypted_content: reasoningMark }
  }
  const named = { call_id: callId, ...(origin?.kind === 'namespace' ? namespaced(origin) : { name }) }
  if (!isCustom(origin)) return { id, type: 'function_call', status, arguments: text, ...named }
  return { id, type: 'custom_tool_call', status, input: isOpen ? '' : inputOf(text), ...named }
}

function namespaced({ namespace, name }: { namespace: string; name: string }): object {
  return { name, namespace }
}

function textPart(text: string): object {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

function summaryMembers(place: string, text: string): string {
  return `${place},"summary_index":0,${membersOf({ part: { type: 'summary_text', text } })}`
}

/** Where the arguments are not of the shape that was asked for, they are the text. */
function inputOf(argumentsJson: string): string {
  return asText(asRecord(parseJson(argumentsJson))?.['input']) ?? argumentsJson
}

function membersOf(members: object): string {
  return JSON.stringify(members).slice(1, -1)
}
