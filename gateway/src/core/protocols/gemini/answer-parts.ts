// The canonical events of an answer as parts of the wire's content, for both forms of an answer: texts and thoughts as they
// come, calls whole, since their arguments are an object here; and how the answer ended.
import type { ChatEvent, ChatRequest } from '../chat.ts'
import { parseJson, asRecord } from '../lenient-json.ts'
import { finishReasons, foreignSignature } from './wire-names.ts'

export interface AnswerPart {
  text?: string
  thought?: true
  functionCall?: object
  thoughtSignature?: string
}

interface OpenCall {
  id: string
  name: string
  argumentsJson: string
}

export class AnswerParts {
  model: string
  readonly #showsThoughts: boolean
  #call: OpenCall | undefined
  #isSigned = false
  #brokenCall: string | undefined
  #reason: keyof typeof finishReasons = 'other'

  constructor(request: ChatRequest) {
    this.model = request.model
    this.#showsThoughts = request.reasoning?.isShown === true
  }

  /** The part that is complete with this event, if one is. */
  read(event: ChatEvent): AnswerPart | undefined {
    switch (event.type) {
      case 'message-start':
        this.model = event.model || this.model
        return undefined
      case 'text-delta':
        return event.text === '' ? undefined : { text: event.text }
      case 'reasoning-delta':
        return event.text === '' || !this.#showsThoughts ? undefined : { text: event.text, thought: true }
      case 'tool-call-start':
        this.#call = { id: event.id, name: event.name, argumentsJson: '' }
        return undefined
      case 'tool-call-delta':
        if (this.#call) this.#call.argumentsJson += event.argumentsJson
        return undefined
      case 'tool-call-end':
        return this.#endCall()
      case 'message-end':
        this.#reason = event.reason
        return undefined
      case 'usage':
      case 'failure':
        return undefined
    }
  }

  /** How the candidate ended, as its members say it. */
  ending(): { finishReason: string; finishMessage?: string } {
    // A call that the maximum has cut is no JSON either; the vendor leaves it out too.
    if (this.#brokenCall === undefined || this.#reason === 'length')
      return { finishReason: finishReasons[this.#reason] }
    const finishMessage = `The arguments of the call of ${this.#brokenCall} are no JSON object.`
    return { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage }
  }

  #endCall(): AnswerPart | undefined {
    const call = this.#call
    this.#call = undefined
    if (call === undefined) return undefined
    const { id, name, argumentsJson } = call
    const args = argumentsJson.trim() === '' ? {} : asRecord(parseJson(argumentsJson))
    if (args === undefined) {
      this.#brokenCall = name
      return undefined
    }
    const functionCall = { id, name, args }
    // Of the calls of one answer the first is signed.
    if (this.#isSigned) return { functionCall }
    this.#isSigned = true
    return { functionCall, thoughtSignature: foreignSignature }
  }
}
