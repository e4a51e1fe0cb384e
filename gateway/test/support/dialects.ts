// How a client of each chat protocol has a tool called: its first question, its second with the tool's result, and how the answers
// read, streamed and not.
import { responsesDialect } from './responses-client.ts'

/** Of the one tool that all of them have. */
export const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const wish = 'weather? [[tool:weather {"city":"Paris"}]]'

export interface Said {
  text: string
  calls: { id: string; name: string; input: unknown }[]
  end: string | undefined
}

interface ChatCall {
  index: number
  id?: string
  function: { name: string; arguments?: string }
}
interface ChatAnswer {
  choices: { message: { content: string | null; tool_calls?: ChatCall[] }; finish_reason: string }[]
}
interface ChatChunk {
  choices: { delta: { content?: string | null; tool_calls?: ChatCall[] }; finish_reason: string | null }[]
}
interface Block {
  type: string
  id: string
  name: string
  input: unknown
  text?: string
}
interface MessagesAnswer {
  content: Block[]
  stop_reason: string
}
interface MessagesEvent {
  type: string
  content_block?: Block
  delta?: { text?: string; partial_json?: string; stop_reason?: string | null }
}

/** One client's dialect: its first question, its second with the tool's result, and how its answers read. */
export interface Dialect {
  path(model: string, stream: boolean): string
  ask(model: string, stream: boolean): object
  askAgain(model: string, stream: boolean, said: Said): object
  read(json: unknown): Said
  readStream(events: unknown[]): Said
  endsWithCall: string
}

const chatTools = [{ type: 'function', function: { name: 'weather', parameters } }]
const chat: Dialect = {
  path: () => '/v1/chat/completions',
  ask: (model, stream) => ({
    model,
    stream,
    max_completion_tokens: 400,
    tools: chatTools,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: wish },
    ],
  }),
  askAgain(model, stream, said) {
    const [call] = said.calls
    return {
      model,
      stream,
      max_completion_tokens: 400,
      tools: chatTools,
      messages: [
        { role: 'user', content: wish },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: call?.id, type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
          ],
        },
        { role: 'tool', tool_call_id: call?.id, content: 'sunny' },
        { role: 'user', content: 'and? [[echo:sunny indeed]]' },
      ],
    }
  },
  read(json): Said {
    const [choice] = (json as ChatAnswer).choices
    const calls = (choice?.message.tool_calls ?? []).map((call) => {
      return {
        id: call.id ?? '',
        name: call.function.name,
        input: JSON.parse(call.function.arguments ?? '') as unknown,
      }
    })
    return { text: choice?.message.content ?? '', calls, end: choice?.finish_reason }
  },
  readStream(events): Said {
    const said: Said = { text: '', calls: [], end: undefined }
    const pieces: string[] = []
    for (const { choices } of events as ChatChunk[]) {
      for (const { delta, finish_reason } of choices) {
        said.text += delta.content ?? ''
        said.end = finish_reason ?? said.end
        for (const call of delta.tool_calls ?? []) {
          if (call.id) said.calls.push({ id: call.id, name: call.function.name, input: undefined })
          pieces[call.index] = (pieces[call.index] ?? '') + (call.function.arguments ?? '')
        }
      }
    }
    for (const [index, call] of said.calls.entries()) call.input = JSON.parse(pieces[index] ?? '')
    return said
  },
  endsWithCall: 'tool_calls',
}

const messagesTools = [{ name: 'weather', input_schema: parameters }]
const messages: Dialect = {
  path: () => '/v1/messages',
  ask: (model, stream) => ({
    model,
    stream,
    max_tokens: 400,
    system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
    tools: messagesTools,
    messages: [{ role: 'user', content: wish }],
  }),
  askAgain(model, stream, said) {
    const [call] = said.calls
    return {
      model,
      stream,
      max_tokens: 400,
      tools: messagesTools,
      messages: [
        { role: 'user', content: wish },
        { role: 'assistant', content: [{ type: 'tool_use', id: call?.id, name: 'weather', input: { city: 'Paris' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: call?.id, content: 'sunny' },
            { type: 'text', text: 'and? [[echo:sunny indeed]]' },
          ],
        },
      ],
    }
  },
  read(json): Said {
    const { content, stop_reason: end } = json as MessagesAnswer
    const texts = content.filter(({ type }) => type === 'text')
    const calls = content.filter(({ type }) => type === 'tool_use')
    return { text: texts.map(({ text }) => text).join(''), calls, end }
  },
  readStream(events): Said {
    const said: Said = { text: '', calls: [], end: undefined }
    let input = ''
    for (const event of events as MessagesEvent[]) {
      if (event.type === 'content_block_start') input = ''
      if (event.content_block?.type === 'tool_use') said.calls.push({ ...event.content_block, input: undefined })
      said.text += event.delta?.text ?? ''
      input += event.delta?.partial_json ?? ''
      const last = said.calls.at(-1)
      if (event.type === 'content_block_stop' && last && last.input === undefined) last.input = JSON.parse(input)
      said.end = event.delta?.stop_reason ?? said.end
    }
    return said
  },
  endsWithCall: 'tool_use',
}

interface Part {
  text?: string
  thought?: boolean
  functionCall?: { id?: string; name: string; args: unknown }
}
interface GenerateAnswer {
  candidates: { content: { parts: Part[] }; finishReason?: string }[]
}

const generateTools = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: parameters }] }]
const generate: Dialect = {
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  ask: () => ({
    systemInstruction: { parts: [{ text: 'be brief' }] },
    generationConfig: { maxOutputTokens: 400 },
    tools: generateTools,
    contents: [{ role: 'user', parts: [{ text: wish }] }],
  }),
  askAgain(_model, _stream, said) {
    const [call] = said.calls
    const result = { id: call?.id, name: 'weather', response: { output: 'sunny' } }
    return {
      generationConfig: { maxOutputTokens: 400 },
      tools: generateTools,
      contents: [
        { role: 'user', parts: [{ text: wish }] },
        { role: 'model', parts: [{ functionCall: { id: call?.id, name: 'weather', args: { city: 'Paris' } } }] },
        { role: 'user', parts: [{ functionResponse: result }, { text: 'and? [[echo:sunny indeed]]' }] },
      ],
    }
  },
  read: (json) => generate.readStream([json]),
  readStream(chunks): Said {
    const said: Said = { text: '', calls: [], end: undefined }
    for (const { content, finishReason } of (chunks as GenerateAnswer[]).flatMap(({ candidates }) => candidates)) {
      said.end = finishReason ?? said.end
      for (const { text, thought, functionCall: call } of content.parts) {
        if (call) said.calls.push({ id: call.id ?? 'none', name: call.name, input: call.args })
        else if (thought !== true) said.text += text ?? ''
      }
    }
    return said
  },
  endsWithCall: 'STOP',
}

export const dialects: Readonly<Record<string, Dialect>> = {
  'Chat Completions': chat,
  Messages: messages,
  Responses: responsesDialect,
  generateContent: generate,
}

export function readAnswer(dialect: Dialect, stream: boolean, text: string): Said {
  if (!stream) return dialect.read(JSON.parse(text))
  const data = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as unknown)
  return dialect.readStream(data)
}
