// Canonical events → content blocks one after another, for streamed and complete answers alike: each block starts, grows by
// deltas and stops. Thoughts carry our mark where the vendor would sign (thinking-mark.ts).
import type { ChatEvent, ReasoningRequest } from '../chat.ts'
import { asRecord, parseJson } from '../lenient-json.ts'
import { thinkingMark } from './thinking-mark.ts'
import { toolUseId } from './wire.ts'

export type AnswerBlock =
  | { type: 'text'; text: string; citations?: null }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: object; caller?: object }

export interface BlockSink {
  /** Whether `stop` needs what the block holds: a stream has sent it already. */
  readonly keepsContent: boolean
  /** The block as it opens: empty. */
  start(block: AnswerBlock): void
  delta(delta: object): void
  /** The block as it is at last, where content is kept. */
  stop(block: AnswerBlock): void
}

export interface BlockForm {
  /**
   * Answers name every field, as the newer version of the wire does. Clients of the older one refuse a null in `citations`, which
   * its types demand and its servers leave out (@ai-sdk/anthropic 2 and 3).
   */
  isFull: boolean
  /** What the client asked of the thinking; undefined: nothing. */
  reasoning: ReasoningRequest | undefined
}

type ContentEvent = Exclude<ChatEvent, { type: 'message-start' | 'usage' | 'message-end' | 'failure' }>

/** One block at a time is open; what begins next closes it. */
export class BlockWriter {
  readonly #form: BlockForm
  readonly #sink: BlockSink
  #open: AnswerBlock | undefined
  /** What the open block holds so far: text, thoughts or arguments. */
  #content = ''
  /** White space that a text may yet begin with. */
  #space = ''
  #hasBegun = false

  constructor(form: BlockForm, sink: BlockSink) {
    this.#form = form
    this.#sink = sink
  }

  write(event: ContentEvent): void {
    switch (event.type) {
      case 'text-delta':
        this.#say(event.text)
        return
      case 'reasoning-delta':
        this.#think(event.text)
        return
      case 'tool-call-start':
        this.#start(this.#toolBlock(event.id, event.name))
        return
      case 'tool-call-delta':
        if (this.#open?.type !== 'tool_use') return
        this.#grow({ type: 'input_json_delta', partial_json: event.argumentsJson }, event.argumentsJson)
        return
      case 'tool-call-end':
        if (this.#open?.type === 'tool_use') this.end()
    }
  }

  /** Closes the last block. */
  end(): void {
    const block = this.#open
    if (block === undefined) return
    this.#open = undefined
    if (block.type === 'thinking') this.#sink.delta({ type: 'signature_delta', signature: thinkingMark })
    this.#sink.stop(filled(block, this.#content))
  }

  /**
   * A text begins with its first letter: white space alone, which some models put before calls, would make a block that the
   * vendor refuses when it comes back ("must contain non-whitespace text").
   */
  #say(text: string): void {
    const whole = this.#open?.type === 'text' ? text : this.#space + text
    if (this.#open?.type !== 'text') {
      if (whole.trim() === '') {
        this.#space = whole
        return
      }
      this.#start(this.#textBlock())
    }
    if (whole !== '') this.#grow({ type: 'text_delta', text: whole }, whole)
  }

  /** Clients that asked for no thinking see none; where they want it omitted, the block alone says that there was some. */
  #think(text: string): void {
    const { reasoning } = this.#form
    if (text === '' || reasoning === undefined || reasoning.effort === 'none') return
    if (this.#open?.type !== 'thinking') this.#start({ type: 'thinking', thinking: '', signature: '' })
    if (reasoning.isShown) this.#grow({ type: 'thinking_delta', thinking: text }, text)
  }

  #start(block: AnswerBlock): void {
    this.end()
    this.#open = block
    this.#content = ''
    this.#space = ''
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    // With a budget an answer begins with thoughts. Where none were told, an empty block of ours stands for them: by its mark
    // a running tool loop is known for a translated one, should it come to an account of this wire (strip-thinking.ts).
    if (isFirst && block.type !== 'thinking' && this.#form.reasoning?.budgetTokens !== undefined) {
      this.#open = undefined
      this.#start({ type: 'thinking', thinking: '', signature: '' })
      this.#start(block)
      return
    }
    this.#sink.start(block)
  }

  #grow(delta: object, text: string): void {
    if (this.#sink.keepsContent) this.#content += text
    this.#sink.delta(delta)
  }

  #textBlock(): AnswerBlock {
    return this.#form.isFull ? { type: 'text', text: '', citations: null } : { type: 'text', text: '' }
  }

  #toolBlock(id: string, name: string): AnswerBlock {
    const block = { type: 'tool_use' as const, id: toolUseId(id), name, input: {} }
    return this.#form.isFull ? { ...block, caller: { type: 'direct' } } : block
  }
}

function filled(block: AnswerBlock, content: string): AnswerBlock {
  switch (block.type) {
    case 'text':
      return { ...block, text: content }
    case 'thinking':
      return { ...block, thinking: content, signature: thinkingMark }
    case 'tool_use':
      // Cut off at the maximum, arguments are no JSON, and a complete answer can hold nothing but an object.
      return { ...block, input: asRecord(parseJson(content)) ?? {} }
  }
}
