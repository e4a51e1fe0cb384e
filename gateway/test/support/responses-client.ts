// A client of the Responses wire as a test needs it: its two questions of a conversation with a tool, and how its answers read.

export interface ResponsesItem {
  type: string
  id: string
  status?: string
  content?: { type: string; text?: string }[]
  summary?: { text: string }[]
  encrypted_content?: string | null
  call_id?: string
  name?: string
  arguments?: string
  input?: string
}

export interface ResponsesAnswer {
  id: string
  status: string
  output: ResponsesItem[]
  incomplete_details: { reason: string } | null
  error: { code: string; message: string } | null
  usage: { input_tokens: number; output_tokens: number; output_tokens_details: { reasoning_tokens: number } }
}

export interface ResponsesEvent {
  type: string
  sequence_number: number
  response?: ResponsesAnswer
  item?: ResponsesItem
  output_index?: number
  delta?: string
  error?: { code: string; message: string }
}

interface Said {
  text: string
  calls: { id: string; name: string; input: unknown }[]
  end: string | undefined
}

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [{ type: 'function', name: 'weather', parameters }]
const wish = { role: 'user', content: 'weather? [[tool:weather {"city":"Paris"}]]' }
const usual = { max_output_tokens: 400, tools, store: false }

function read(json: unknown): Said {
  const { output, status } = json as ResponsesAnswer
  const calls = output.filter(({ type }) => type === 'function_call')
  return {
    text: textOf(output),
    calls: calls.map(({ call_id: id = '', name = '', arguments: input = '' }) => {
      return { id, name, input: JSON.parse(input) as unknown }
    }),
    end: status,
  }
}

export function textOf(output: readonly ResponsesItem[]): string {
  const messages = output.filter(({ type }) => type === 'message')
  return messages.flatMap(({ content = [] }) => content.map(({ text = '' }) => text)).join('')
}

/** The events of a stream, which are numbered from 0. */
export function eventsOf(text: string): ResponsesEvent[] {
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as ResponsesEvent)
}

/** Deltas are put together, so that a stream whose last event alone were right would not pass. */
function readStream(events: unknown[]): Said {
  const said: Said = { text: '', calls: [], end: undefined }
  const pieces = new Map<unknown, string>()
  for (const event of events as ResponsesEvent[]) {
    const { type, item, output_index: index, delta = '', response } = event
    if (type === 'response.output_text.delta') said.text += delta
    if (type === 'response.function_call_arguments.delta') pieces.set(index, (pieces.get(index) ?? '') + delta)
    if (type === 'response.output_item.done' && item?.type === 'function_call') {
      const { call_id: id = '', name = '' } = item
      said.calls.push({ id, name, input: JSON.parse(pieces.get(index) ?? '') as unknown })
    }
    said.end = response?.status ?? said.end
  }
  return said
}

export const responsesDialect = {
  path: () => '/v1/responses',
  ask: (model: string, stream: boolean) => ({ model, stream, ...usual, instructions: 'be brief', input: [wish] }),
  askAgain: (model: string, stream: boolean, said: Said) => {
    const call = { type: 'function_call', call_id: said.calls[0]?.id, name: 'weather', arguments: '{"city":"Paris"}' }
    const result = { type: 'function_call_output', call_id: said.calls[0]?.id, output: 'sunny' }
    const more = { role: 'user', content: [{ type: 'input_text', text: 'and? [[echo:sunny indeed]]' }] }
    return { model, stream, ...usual, input: [wish, call, result, more] }
  },
  read,
  readStream,
  endsWithCall: 'completed',
}
