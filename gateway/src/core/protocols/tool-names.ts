// Names of tools across wires: what one vendor takes as a name another refuses. A name that a wire cannot carry gets one that every
// wire can; the same name always gets the same one, so that earlier turns and the provider's prompt cache still fit, and the answer
// calls the tool by the name that the client knows.
import type { ChatRequest, ContentPart } from './chat.ts'

/** The shortest of the longest names that vendors accept, and letters that all of them do. */
const nameCharsMax = 64
const foreignLetters = /[^a-zA-Z0-9_-]/g
/** Some vendors' names begin with a letter or an underscore. */
const allowedBeginning = /^[a-zA-Z_]/

export interface NamedRequest {
  request: ChatRequest
  /** What the client calls the tools that got another name; undefined where none did. */
  clientNames: ReadonlyMap<string, string> | undefined
}

/** `allowed` is what the account's wire takes as a tool's name. */
export function nameTools(request: ChatRequest, allowed: RegExp): NamedRequest {
  const clientNames = new Map<string, string>()
  for (const name of namesIn(request)) if (!allowed.test(name)) clientNames.set(portableName(name), name)
  if (clientNames.size === 0) return { request, clientNames: undefined }
  const rename = <Named extends { name: string }>(entry: Named): Named =>
    allowed.test(entry.name) ? entry : { ...entry, name: portableName(entry.name) }
  const renamePart = (part: ContentPart): ContentPart => {
    if (part.type === 'tool-call') return rename(part)
    return part.type === 'tool-result' && part.name !== undefined ? rename({ ...part, name: part.name }) : part
  }
  const { tools, toolChoice, messages } = request
  return {
    request: {
      ...request,
      tools: tools.map(rename),
      toolChoice: toolChoice?.type === 'tool' ? rename(toolChoice) : toolChoice,
      messages: messages.map((message) => ({ ...message, content: message.content.map(renamePart) })),
    },
    clientNames,
  }
}

/** A name that all wires carry; what was cut or changed alike stays apart by a mark of the whole. */
export function portableName(name: string): string {
  const plain = name.replace(foreignLetters, '_')
  const begun = allowedBeginning.test(plain) ? plain : `_${plain}`
  if (begun === name && name.length <= nameCharsMax) return name
  const mark = `_${hashOf(name)}`
  return begun.slice(0, nameCharsMax - mark.length) + mark
}

function namesIn({ tools, toolChoice, messages }: ChatRequest): Set<string> {
  const names = new Set(tools.map(({ name }) => name))
  if (toolChoice?.type === 'tool') names.add(toolChoice.name)
  for (const { content } of messages) {
    for (const part of content) {
      if ((part.type === 'tool-call' || part.type === 'tool-result') && part.name !== undefined) names.add(part.name)
    }
  }
  return names
}

/** FNV-1a. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
