// The rules of tool definitions and of tool_choice ("Define tools" and "Tool use" guides, and the SDK's ToolUnion).
// Server tools have a dated type and are tolerated; client tools must bring a JSON schema.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { ModelRules } from './dialect.ts'
import { findExtra, firstProblem, invalid, notOneOf, required, wrongType } from './refusal.ts'

const NAME = /^[a-zA-Z0-9_-]{1,128}$/
const CHOICES = ['auto', 'any', 'tool', 'none']

const CUSTOM_FIELDS: ReadonlySet<string> = new Set(
  (
    'type name description input_schema cache_control defer_loading strict input_examples allowed_callers ' +
    'eager_input_streaming'
  ).split(' '),
)

/** Tools without a type, or with `custom`, are the caller's own; the others run at the vendor or have a fixed schema. */
export function isCustomTool(tool: unknown): tool is JsonRecord {
  return isRecord(tool) && ((tool['type'] ?? null) === null || tool['type'] === 'custom')
}

export function findToolsProblem(request: JsonRecord, rules: ModelRules, refusesExtras: boolean): Problem | null {
  const tools = request['tools'] ?? null
  if (tools !== null && !Array.isArray(tools)) return wrongType('tools', 'list')
  const list: unknown[] = tools ?? []
  const wrong = firstProblem(list, (tool, index) => findToolProblem(tool, `tools.${index}`, refusesExtras))
  if (wrong !== null) return wrong
  const names = list.map((tool) => (tool as JsonRecord)['name']).filter((name) => typeof name === 'string')
  if (new Set(names).size < names.length) return invalid('tools: Tool names must be unique.')
  if (list.length > 0 && list.every((tool) => (tool as JsonRecord)['defer_loading'] === true)) {
    return invalid('At least one tool must have defer_loading=false.')
  }
  return findChoiceProblem(request['tool_choice'] ?? null, names, rules)
}

function findToolProblem(tool: unknown, place: string, refusesExtras: boolean): Problem | null {
  if (!isRecord(tool)) return wrongType(place, 'dictionary')
  if (!isCustomTool(tool)) {
    if (typeof tool['type'] !== 'string') return wrongType(`${place}.type`, 'string')
    // The toolsets and the tools of MCP servers carry no name of their own.
    return tool['name'] === undefined || typeof tool['name'] === 'string' ? null : wrongType(`${place}.name`, 'string')
  }
  const { name, description, input_schema: schema } = tool
  const inside = `${place}.custom`
  if (name === undefined) return required(`${inside}.name`)
  if (typeof name !== 'string') return wrongType(`${inside}.name`, 'string')
  if (!NAME.test(name)) return invalid(`${inside}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
  if (description !== undefined && typeof description !== 'string') return wrongType(`${inside}.description`, 'string')
  if (schema === undefined) return required(`${inside}.input_schema`)
  if (!isRecord(schema)) return wrongType(`${inside}.input_schema`, 'dictionary')
  if (schema['type'] === undefined) return required(`${inside}.input_schema.type`)
  if (schema['type'] !== 'object') return notOneOf(`${inside}.input_schema.type`, ['object'])
  return refusesExtras ? findExtra(tool, CUSTOM_FIELDS, inside) : null
}

function findChoiceProblem(choice: unknown, names: readonly string[], rules: ModelRules): Problem | null {
  if (choice === null) return null
  if (!isRecord(choice)) return wrongType('tool_choice', 'dictionary')
  const { type, name } = choice
  if (typeof type !== 'string' || !CHOICES.includes(type)) {
    const found = typeof type === 'string' ? `Input tag '${type}' found using 'type'` : 'Unable to extract tag'
    return invalid(`tool_choice: ${found} does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`)
  }
  const isForced = type === 'any' || type === 'tool'
  if (type === 'tool' && typeof name !== 'string') return required('tool_choice.tool.name')
  if (names.length === 0) return isForced ? invalid('tool_choice: may only be specified while providing tools') : null
  if (type === 'tool' && !names.includes(name as string)) {
    return invalid(`Tool '${String(name)}' not found in provided tools`)
  }
  return isForced && !rules.forcedTools
    ? invalid(`tool_choice: '${type}' is not supported by this model, which always thinks.`)
    : null
}
