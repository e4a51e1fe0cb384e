// Tools of a Chat Completions request → canonical ones, and the choice among them (OpenAI API reference, `tools`, `tool_choice`, and
// their older forms `functions`, `function_call`). A custom tool becomes a function that takes one text.
import type { ToolChoice, ToolDefinition } from '../chat.ts'
import {
  invalidField,
  members,
  nameRest,
  readFlag,
  readRecord,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import { marked } from './read-mark.ts'

export interface DecodedTools {
  tools: ToolDefinition[]
  toolChoice: ToolChoice | undefined
  /** They came in the older form. */
  isOlder: boolean
}

const read = {
  tool: members('type function custom cache_control prompt_cache_breakpoint'),
  function: members('name description parameters strict'),
  custom: members('name description format'),
}

export function decodeTools(body: RequestBody, dropped: string[]): DecodedTools {
  const functions = readRecords(body['functions'], 'functions')
  if (functions.length > 0) {
    if ((body['tools'] ?? undefined) !== undefined) throw invalidField('functions', 'must not stand beside "tools"')
    const tools = functions.map((entry, index) => functionTool(entry, `functions[${index}]`, dropped))
    return { tools, toolChoice: decodeOlderChoice(body['function_call'], tools), isOlder: true }
  }
  const entries = readRecords(body['tools'], 'tools')
  const tools = entries.map((entry, index) => decodeTool(entry, `tools[${index}]`, dropped))
  return { ...decodeChoice(body['tool_choice'], tools), isOlder: false }
}

function decodeTool(entry: RequestBody, path: string, dropped: string[]): ToolDefinition {
  nameRest(entry, path, read.tool, dropped)
  switch (readText(entry['type'], `${path}.type`)) {
    case 'function': {
      const tool = functionTool(readRecord(entry['function'], `${path}.function`), `${path}.function`, dropped)
      return { ...tool, ...marked(entry) }
    }
    case 'custom':
      return customTool(readRecord(entry['custom'], `${path}.custom`), `${path}.custom`, dropped)
    default:
      throw invalidField(`${path}.type`, 'must be function or custom')
  }
}

function functionTool(definition: RequestBody, path: string, dropped: string[]): ToolDefinition {
  nameRest(definition, path, read.function, dropped)
  // "Omitting `parameters` defines a function with an empty parameter list."
  const parameters = definition['parameters'] ?? { type: 'object', properties: {} }
  return {
    name: readName(definition, path),
    description: readDescription(definition, path),
    parameters: readRecord(parameters, `${path}.parameters`),
    strict: readFlag(definition['strict'], `${path}.strict`),
  }
}

function customTool(definition: RequestBody, path: string, dropped: string[]): ToolDefinition {
  nameRest(definition, path, read.custom, dropped)
  const format = definition['format'] ?? undefined
  const isFree = format === undefined || readRecord(format, `${path}.format`)['type'] === 'text'
  // The grammar is still told, but nothing holds the model to it.
  const grammar = isFree ? undefined : `The input follows this grammar: ${JSON.stringify(format)}`
  if (grammar !== undefined) dropped.push(`${path}.format`)
  const words = [readDescription(definition, path), grammar].filter((text) => text !== undefined)
  return {
    name: readName(definition, path),
    description: words.length > 0 ? words.join('\n\n') : undefined,
    parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    strict: undefined,
    origin: { kind: 'custom' },
  }
}

function readName(definition: RequestBody, path: string): string {
  const name = readText(definition['name'], `${path}.name`)
  if (name === '') throw invalidField(`${path}.name`, 'must not be empty')
  return name
}

function readDescription(definition: RequestBody, path: string): string | undefined {
  const description = definition['description'] ?? undefined
  return description === undefined ? undefined : readText(description, `${path}.description`)
}

function decodeChoice(value: unknown, tools: ToolDefinition[]): Omit<DecodedTools, 'isOlder'> {
  if (value === undefined || value === null) return { tools, toolChoice: undefined }
  if (typeof value === 'string') return { tools, toolChoice: readChoiceWord(value, tools) }
  const choice = readRecord(value, 'tool_choice')
  if (choice['type'] !== 'allowed_tools') {
    return { tools, toolChoice: { type: 'tool', name: chosenName(choice, 'tool_choice', tools) } }
  }
  const path = 'tool_choice.allowed_tools'
  const allowed = readRecord(choice['allowed_tools'], path)
  const mode = readText(allowed['mode'], `${path}.mode`)
  if (mode !== 'auto' && mode !== 'required') throw invalidField(`${path}.mode`, 'must be auto or required')
  const entries = readRecords(allowed['tools'], `${path}.tools`)
  const names = new Set(entries.map((entry, index) => chosenName(entry, `${path}.tools[${index}]`, tools)))
  return { tools: tools.filter(({ name }) => names.has(name)), toolChoice: { type: mode } }
}

function readChoiceWord(word: string, tools: readonly ToolDefinition[]): ToolChoice {
  if (word !== 'none' && word !== 'auto' && word !== 'required') {
    throw invalidField('tool_choice', 'must be none, auto, required, or name a tool')
  }
  if (word === 'required' && tools.length === 0) throw invalidField('tool_choice', 'needs "tools"')
  return { type: word }
}

function chosenName(choice: RequestBody, path: string, tools: readonly ToolDefinition[]): string {
  const kind = choice['type'] === 'custom' ? 'custom' : 'function'
  const name = readText(readRecord(choice[kind], `${path}.${kind}`)['name'], `${path}.${kind}.name`)
  if (tools.some((tool) => tool.name === name)) return name
  throw invalidField(path, 'names a tool that is not among "tools"')
}

function decodeOlderChoice(value: unknown, tools: readonly ToolDefinition[]): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'none' || value === 'auto') return { type: value }
  const name = readText(readRecord(value, 'function_call')['name'], 'function_call.name')
  if (tools.some((tool) => tool.name === name)) return { type: 'tool', name }
  throw invalidField('function_call', 'names a function that is not among "functions"')
}
