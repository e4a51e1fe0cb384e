// Tools of a Messages request → canonical ones. Only functions with a schema go to another vendor; tools that the vendor runs
// itself, or whose schema its models know by heart, are left out and named, and refused where nothing else was offered.
import type { ToolChoice, ToolDefinition } from '../chat.ts'
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
import { marked } from './read-mark.ts'

const read = {
  tool: members('type name description input_schema strict cache_control'),
  choice: members('type name disable_parallel_tool_use'),
}

export function decodeTools(value: unknown, path: string, dropped: string[]): ToolDefinition[] {
  const entries = readRecords(value, path)
  const tools: ToolDefinition[] = []
  for (const [index, entry] of entries.entries()) {
    const place = `${path}[${index}]`
    const type = entry['type'] ?? 'custom'
    if (type === 'custom') tools.push(decodeTool(entry, place, dropped))
    else dropped.push(place)
  }
  if (entries.length > 0 && tools.length === 0) {
    throw notTranslatable(`${path}[0]`, `"${path}" holds only tools of the vendor, which cannot be passed on.`)
  }
  return tools
}

function decodeTool(tool: RequestBody, path: string, dropped: string[]): ToolDefinition {
  nameRest(ownCalled(tool), path, read.tool, dropped)
  const description = tool['description'] ?? undefined
  return {
    name: readText(tool['name'], `${path}.name`),
    description: description === undefined ? undefined : readText(description, `${path}.description`),
    parameters: readRecord(tool['input_schema'], `${path}.input_schema`),
    strict: readFlag(tool['strict'], `${path}.strict`),
    ...marked(tool, path),
  }
}

/** That the model itself may call it is what all other wires have. */
function ownCalled(tool: RequestBody): RequestBody {
  const { allowed_callers: callers, ...rest } = tool
  return Array.isArray(callers) && callers.every((caller) => caller === 'direct') ? rest : tool
}

interface Choice {
  toolChoice: ToolChoice | undefined
  isParallel: boolean | undefined
}

export function decodeToolChoice(value: unknown, tools: readonly ToolDefinition[], dropped: string[]): Choice {
  if (value === undefined || value === null) return { toolChoice: undefined, isParallel: undefined }
  const choice = readRecord(value, 'tool_choice')
  nameRest(choice, 'tool_choice', read.choice, dropped)
  const isSingle = readFlag(choice['disable_parallel_tool_use'], 'tool_choice.disable_parallel_tool_use')
  return { toolChoice: readChoice(choice, tools), isParallel: isSingle === undefined ? undefined : !isSingle }
}

function readChoice(choice: RequestBody, tools: readonly ToolDefinition[]): ToolChoice {
  switch (readText(choice['type'], 'tool_choice.type')) {
    case 'auto':
      return { type: 'auto' }
    case 'none':
      return { type: 'none' }
    case 'any':
      return { type: 'required' }
    case 'tool': {
      const name = readText(choice['name'], 'tool_choice.name')
      if (tools.some((tool) => tool.name === name)) return { type: 'tool', name }
      throw notTranslatable('tool_choice', '"tool_choice" names a tool that is not among those that can be passed on.')
    }
    default:
      throw invalidField('tool_choice.type', 'must be one of auto, any, tool, none')
  }
}
