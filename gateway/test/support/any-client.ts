// Requests that clients of each wire could have sent, and answers to them as their encoders write them.
import { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from '../../src/core/protocols/chat.ts'
import { accountProtocols, clientProtocols } from '../../src/core/protocols/index.ts'
import type {
  AccountProtocol,
  AnswerEncoder,
  ClientProtocol,
  RequestTarget,
} from '../../src/core/protocols/protocol.ts'
import { traitsOfUnknown } from '../../src/core/protocols/model-traits.ts'
import { createTranslation, encodeFitted, translateAnswer } from '../../src/core/protocols/translate.ts'
import type { Usage } from '../../src/core/protocols/usage.ts'
import { providers } from '../../src/core/providers/index.ts'
import { kindsOfTraits } from './kinds-of-traits.ts'

type Body = Record<string, unknown>

export interface Client {
  /** As `clientProtocols` calls it. */
  id: string
  protocol: ClientProtocol
}

const wireOf = (id: string): string => (id === 'gemini-array' ? 'gemini' : id)

/** Whoever speaks a wire that some account speaks, too; the unified call is nobody's wire but ours. */
export const clients: readonly Client[] = Object.entries(clientProtocols as Record<string, ClientProtocol>)
  .filter(([id, { translation }]) => translation !== undefined && wireOf(id) in accountProtocols)
  .map(([id, protocol]) => ({ id, protocol }))

/** Forms that a client's request may have and a translated one never has. */
const ownForms: Readonly<Record<string, readonly ((body: Body) => Body)[]>> = {
  'openai-chat': [
    (body) => without(body, 'stream_options'),
    (body) => ({ ...body, tools: toolsOf(body).map(({ name }) => ({ type: 'custom', custom: { name } })) }),
    (body) => ({
      ...without(body, 'tools', 'tool_choice', 'parallel_tool_calls'),
      functions: toolsOf(body).map(({ name }) => ({ name })),
    }),
  ],
  'openai-responses': [
    (body) => ({ ...body, tools: toolsOf(body).map(({ name }) => ({ type: 'custom', name })) }),
    (body) => ({
      ...body,
      tools: [
        {
          type: 'namespace',
          name: 'files',
          description: 'All about files',
          tools: [
            ...toolsOf(body).map(({ name }) => ({ type: 'function', name })),
            { type: 'custom', name: 'patch', description: 'Patches' },
          ],
        },
        { type: 'web_search' },
      ],
    }),
    (body) => ({
      ...body,
      reasoning: { effort: 'high', summary: 'detailed' },
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      text: { verbosity: 'low' },
      max_tool_calls: 3,
    }),
    (body) => ({ ...without(body, 'safety_identifier'), user: 'u', include: ['reasoning.encrypted_content'] }),
    (body) => ({ ...body, input: 'hi', tool_choice: 'auto' }),
  ],
  anthropic: [
    (body) => ({ ...body, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }),
    (body) => ({ ...body, thinking: { type: 'adaptive', display: 'omitted' } }),
  ],
  gemini: [(body) => ({ ...body, generationConfig: { thinkingConfig: { includeThoughts: true } } })],
}

function without(body: Body, ...names: string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}

interface NamedTool {
  name: string
}

function toolsOf({ tools }: Body): NamedTool[] {
  const list = (tools ?? []) as ({ function?: NamedTool } & NamedTool)[]
  return list.map((tool) => tool.function ?? tool)
}

/** The vendor whose wire it is. */
function originOf(wire: string) {
  const found = Object.values(providers).find(({ wires }) => wires.some(({ protocol }) => protocol === wire))
  return found ?? providers.openai
}

/**
 * The request as this client would have said it, decoded; undefined where it could not have. `choice` is any number, by which the
 * model and the form are chosen.
 */
export function asSaidBy(client: Client, request: ChatRequest, choice: number): ChatRequest | undefined {
  const wire = wireOf(client.id)
  const { translation }: AccountProtocol = accountProtocols[wire as keyof typeof accountProtocols]
  const kinds = kindsOfTraits(originOf(wire).serviceType)
  const traits = kinds[choice % kinds.length] ?? traitsOfUnknown
  const forms = [(body: Body) => body, ...(ownForms[wire] ?? [])]
  const form = forms[choice % forms.length] ?? forms[0]
  if (!translation || !form) return undefined
  try {
    const { body } = encodeFitted(request, translation, { traits, options: {} })
    const said = form(JSON.parse(body.toString('utf8')) as Body)
    return client.protocol.translation?.decodeRequest(said, 'm', targetOf(client, request)).request
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

export function targetOf({ id }: Client, { stream }: ChatRequest): RequestTarget {
  return { model: 'm', stream, isArrayStream: id === 'gemini-array' }
}

/** Calls of the tools that the client offered, in turn with calls of tools that nobody knows. */
export function callingTools(events: readonly ChatEvent[], { tools }: ChatRequest): ChatEvent[] {
  let calls = 0
  return events.map((event) => {
    if (event.type !== 'tool-call-start') return event
    const name = tools[calls % (tools.length + 1)]?.name ?? event.name
    calls += 1
    return { ...event, name }
  })
}

/** Everything that the client reads, as text. */
export function answerText(
  encoder: AnswerEncoder,
  stream: boolean,
  events: readonly ChatEvent[],
  usage: Usage,
): string {
  const closing = { usage, costNanoUsd: 0, account: { id: 'a', name: 'a', serviceType: 'claude' as const } }
  if (!stream) return translateAnswer(events, encoder)?.close(closing).toString('utf8') ?? ''
  const transform = createTranslation({ push: () => [...events], end: () => [] }, encoder)
  const bytes = [transform.push(Buffer.alloc(0)), transform.end(), transform.close(closing)]
  return Buffer.concat(bytes.filter((piece) => piece !== undefined)).toString('utf8')
}
