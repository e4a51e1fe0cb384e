// The calls of one answer as members of this wire, piece by piece for streams and whole for plain answers (OpenAI API reference,
// `tool_calls`, and their older form `function_call`). A custom tool's one text is taken out of its arguments again.
import type { ChatEvent, ChatRequest } from '../chat.ts'
import { asRecord, asText, parseJson } from '../lenient-json.ts'
import { hasOlderForm } from './answer-form.ts'

export type CallEvent = Extract<ChatEvent, { type: `tool-call-${string}` }>

interface Call {
  id: string
  name: string
  argumentsJson: string
  isCustom: boolean
}

export class AnswerCalls {
  readonly #customNames: ReadonlySet<string>
  readonly #isOlder: boolean
  readonly #keepsArguments: boolean
  readonly #calls: Call[] = []

  /** `keepsArguments`: for `members`; streams do without. */
  constructor(request: ChatRequest, keepsArguments: boolean) {
    const custom = request.tools.filter(({ origin }) => origin?.kind === 'custom')
    this.#customNames = new Set(custom.map(({ name }) => name))
    this.#isOlder = hasOlderForm(request)
    this.#keepsArguments = keepsArguments
  }

  get finishReason(): string {
    return this.#isOlder ? 'function_call' : 'tool_calls'
  }

  /** What the event adds to the message, for a chunk; undefined when there is nothing to send yet. */
  push(event: CallEvent): object | undefined {
    if (event.type === 'tool-call-start') return this.#start(event.id, event.name)
    const call = this.#calls.at(-1)
    if (call === undefined) return undefined
    // The text of a custom tool stands inside its arguments, which must be whole to be read.
    if (event.type === 'tool-call-end')
      return call.isCustom ? this.#delta({ custom: { input: inputOf(call) } }) : undefined
    if (this.#keepsArguments || call.isCustom) call.argumentsJson += event.argumentsJson
    if (call.isCustom) return undefined
    if (!this.#isOlder) return this.#delta({ function: { arguments: event.argumentsJson } })
    return this.#calls.length > 1 ? undefined : { function_call: { arguments: event.argumentsJson } }
  }

  /** The members of a complete message. */
  members(): object {
    const [first] = this.#calls
    if (first === undefined) return {}
    if (this.#isOlder) return { function_call: { name: first.name, arguments: first.argumentsJson } }
    return { tool_calls: this.#calls.map(wholeCall) }
  }

  #start(id: string, name: string): object | undefined {
    const call: Call = { id, name, argumentsJson: '', isCustom: this.#customNames.has(name) }
    this.#calls.push(call)
    if (!this.#isOlder) {
      return this.#delta(
        call.isCustom
          ? { id, type: 'custom', custom: { name, input: '' } }
          : { id, type: 'function', function: { name, arguments: '' } },
      )
    }
    // The older form has room for one call, and was asked for one.
    return this.#calls.length > 1 ? undefined : { function_call: { name, arguments: '' } }
  }

  #delta(piece: object): object {
    return { tool_calls: [{ index: this.#calls.length - 1, ...piece }] }
  }
}

function wholeCall(call: Call): object {
  const { id, name, argumentsJson, isCustom } = call
  return isCustom
    ? { id, type: 'custom', custom: { name, input: inputOf(call) } }
    : { id, type: 'function', function: { name, arguments: argumentsJson } }
}

/** Where the arguments are not of the shape that was asked for, they are the text. */
function inputOf({ argumentsJson }: Call): string {
  return asText(asRecord(parseJson(argumentsJson))?.['input']) ?? argumentsJson
}
