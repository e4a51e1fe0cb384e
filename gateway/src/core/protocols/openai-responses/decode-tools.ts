// Tools of a Responses request → canonical ones, and the choice among them (OpenAI API reference, `tools`, `tool_choice`). A custom
// tool becomes a function that takes one text, and the tools of a namespace get names of their own.
import type { ToolChoice, ToolDefinition } from '../chat.ts'
import { asText } from '../lenient-json.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  readFlag,
  readRecord,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import type { FoundTools } from './decode-items.ts'
import { flatName } from './tool-names.ts'

export interface DecodedTools {
  tools: ToolDefinition[]
  toolChoice: ToolChoice | undefined
}

const read = {
  function: members('type name description parameters strict'),
  custom: members('type name description format'),
  namespace: members('type name description tools'),
}

/** `found`: tools that stand in the conversation instead of in `tools`. */
export function decodeTools(body: RequestBody, found: readonly FoundTools[], dropped: string[]): DecodedTools {
  const sources = [{ entries: readRecords(body['tools'], 'tools'), path: 'tools' }, ...found]
  const byName = new Map<string, ToolDefinition>()
  for (const { entries, path } of sources) {
    for (const [index, entry] of entries.entries()) {
      // The same tool may stand in both places.
      for (const tool of decodeTool(entry, `${path}[${index}]`, dropped)) byName.set(tool.name, tool)
    }
  }
  const tools = [...byName.values()]
  return decodeChoice(body['tool_choice'], tools)
}

/** Without these, which the vendor or the client itself would run, the answer would be worthless. */
const refusedTools: ReadonlySet<string> = new Set([
  'file_search',
  'mcp',
  'computer',
  'computer_use',
  'computer_use_preview',
  'local_shell',
  'shell',
  'apply_patch',
])

function decodeTool(entry: RequestBody, path: string, dropped: string[], namespace?: string): ToolDefinition[] {
  const type = readText(entry['type'], `${path}.type`)
  switch (type) {
    case 'function':
      nameRest(entry, path, read.function, dropped)
      return [functionTool(entry, path, namespace)]
    case 'custom':
      nameRest(entry, path, read.custom, dropped)
      return [customTool(entry, path, dropped, namespace)]
    case 'namespace': {
      if (namespace !== undefined) throw invalidField(`${path}.type`, 'must be function or custom in a namespace')
      nameRest(entry, path, read.namespace, dropped)
      const name = readName(entry, path)
      if (readDescription(entry, path)) dropped.push(`${path}.description`)
      const inner = readRecords(entry['tools'], `${path}.tools`)
      return inner.flatMap((tool, index) => decodeTool(tool, `${path}.tools[${index}]`, dropped, name))
    }
    default:
      if (refusedTools.has(type)) throw notTranslatable(path, `"${path}" of type "${type}" cannot be passed on.`)
      // Searching the web and the like is left out, and so is what is newer than this: the client's own tools remain.
      dropped.push(path)
      return []
  }
}

function functionTool(entry: RequestBody, path: string, namespace: string | undefined): ToolDefinition {
  const name = readName(entry, path)
  return {
    name: flatName(namespace, name),
    description: readDescription(entry, path),
    parameters: readRecord(entry['parameters'] ?? { type: 'object', properties: {} }, `${path}.parameters`),
    strict: readFlag(entry['strict'], `${path}.strict`),
    ...(namespace !== undefined && { origin: { kind: 'namespace', namespace, name } }),
  }
}

function customTool(
  entry: RequestBody,
  path: string,
  dropped: string[],
  namespace: string | undefined,
): ToolDefinition {
  const name = readName(entry, path)
  const format = entry['format'] ?? undefined
  const isFree = format === undefined || readRecord(format, `${path}.format`)['type'] === 'text'
  // The grammar is still told, but nothing holds the model to it.
  const grammar = isFree ? undefined : `The input follows this grammar: ${JSON.stringify(format)}`
  if (grammar !== undefined) dropped.push(`${path}.format`)
  const words = [readDescription(entry, path), grammar].filter((text) => text !== undefined)
  return {
    name: flatName(namespace, name),
    description: words.length > 0 ? words.join('\n\n') : undefined,
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    strict: undefined,
    origin: namespace === undefined ? { kind: 'custom' } : { kind: 'namespace', namespace, name, isCustom: true },
  }
}

function readName(entry: RequestBody, path: string): string {
  const name = readText(entry['name'], `${path}.name`)
  if (name === '') throw invalidField(`${path}.name`, 'must not be empty')
  return name
}

function readDescription(entry: RequestBody, path: string): string | undefined {
  const description = entry['description'] ?? undefined
  return description === undefined ? undefined : readText(description, `${path}.description`)
}

function decodeChoice(value: unknown, tools: ToolDefinition[]): DecodedTools {
  if (value === undefined || value === null) return { tools, toolChoice: undefined }
  if (typeof value === 'string') return { tools, toolChoice: readChoiceWord(value, tools) }
  const choice = readRecord(value, 'tool_choice')
  if (choice['type'] !== 'allowed_tools') {
    return { tools, toolChoice: { type: 'tool', name: chosenName(choice, 'tool_choice', tools) } }
  }
  const { mode } = choice
  if (mode !== 'auto' && mode !== 'required') throw invalidField('tool_choice.mode', 'must be auto or required')
  const names = new Set<string>()
  for (const [index, entry] of readRecords(choice['tools'], 'tool_choice.tools').entries()) {
    // Those that the vendor runs were left out of the tools, too.
    if (isOwn(entry)) names.add(chosenName(entry, `tool_choice.tools[${index}]`, tools))
  }
  const allowed = tools.filter(({ name }) => names.has(name))
  return { tools: allowed, toolChoice: readChoiceWord(mode, allowed) }
}

function readChoiceWord(word: string, tools: readonly ToolDefinition[]): ToolChoice {
  if (word !== 'none' && word !== 'auto' && word !== 'required') {
    throw invalidField('tool_choice', 'must be none, auto, required, or name a tool')
  }
  if (word === 'required' && tools.length === 0) {
    throw notTranslatable('tool_choice', 'There is no tool that "tool_choice" could require and that can be passed on.')
  }
  return { type: word }
}

const isOwn = ({ type }: RequestBody): boolean => type === 'function' || type === 'custom'

function chosenName(choice: RequestBody, path: string, tools: readonly ToolDefinition[]): string {
  if (!isOwn(choice)) throw notTranslatable(path, `"${path}" chooses a tool that cannot be passed on.`)
  const name = readText(choice['name'], `${path}.name`)
  const namespace = asText(choice['namespace'])
  const chosen = tools.find((tool) => {
    const { origin } = tool
    if (origin?.kind !== 'namespace') return tool.name === name && namespace === undefined
    return origin.name === name && (namespace ?? origin.namespace) === origin.namespace
  })
  if (chosen === undefined) throw invalidField(path, 'names a tool that is not among "tools"')
  return chosen.name
}
