// Tools of a Responses request: functions and custom tools, also gathered in namespaces; the vendor's own tools (web
// search and the like) are tolerated and never called. And which of them the answer may or must call.
import type { Complaints } from '../chat-wire/complaints.ts'
import { findFunctionProblem } from '../chat-wire/tool-definitions.ts'
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { Prompt, Tool } from '../prompt.ts'
import type { CallShape } from './dialect.ts'

const MODES = ['none', 'auto', 'required']

export function findToolsProblem(request: JsonRecord, complaints: Complaints): Problem | null {
  const { tools, tool_choice: choice } = request
  if (tools !== undefined && tools !== null) {
    if (!Array.isArray(tools)) return complaints.wrongType('tools', 'an array of objects', tools)
    for (const [index, tool] of tools.entries()) {
      const problem = findToolProblem(tool, `tools[${index}]`, complaints)
      if (problem !== null) return problem
    }
  }
  if (choice === undefined || choice === null) return null
  if (typeof choice === 'string') {
    return MODES.includes(choice) ? null : complaints.wrongValue('tool_choice', choice, MODES)
  }
  if (!isRecord(choice)) return complaints.wrongType('tool_choice', 'one of a string or object', choice)
  const known = new Set(flatten(offered(request)).map(({ name }) => name))
  const stranger = chosenNames(choice).find((name) => !known.has(name))
  if (stranger === undefined) return null
  return complaints.unfit('tool_choice', `Tool choice '${stranger}' not found in 'tools' parameter.`)
}

function findToolProblem(tool: unknown, place: string, complaints: Complaints): Problem | null {
  if (!isRecord(tool)) return complaints.wrongType(place, 'an object', tool)
  if (typeof tool['type'] !== 'string') return complaints.missing(`${place}.type`)
  if (tool['type'] === 'function' || tool['type'] === 'custom') return findFunctionProblem(tool, place, complaints)
  if (tool['type'] !== 'namespace') return null
  if (typeof tool['name'] !== 'string') return complaints.missing(`${place}.name`)
  if (!Array.isArray(tool['tools'])) return complaints.missing(`${place}.tools`)
  for (const [index, inner] of tool['tools'].entries()) {
    const problem = findToolProblem(inner, `${place}.tools[${index}]`, complaints)
    if (problem !== null) return problem
  }
  return null
}

/** How to write calls, by the tool's name. */
export function callShapes(request: JsonRecord): Map<string, CallShape> {
  return new Map(flatten(offered(request)).map(({ name, kind, namespace }) => [name, { kind, namespace }]))
}

export function readToolWishes(request: JsonRecord): Pick<Prompt, 'tools' | 'toolChoice'> {
  const tools = flatten(offered(request)).map(({ name, schema }): Tool => ({ name, schema }))
  const { tool_choice: choice } = request
  if (choice === 'none' || choice === 'required') return { tools, toolChoice: choice }
  if (!isRecord(choice)) return { tools, toolChoice: 'auto' }
  const names = chosenNames(choice)
  const isOptional = choice['type'] === 'allowed_tools' && choice['mode'] !== 'required'
  if (isOptional) return { tools: tools.filter(({ name }) => names.includes(name)), toolChoice: 'auto' }
  // A choice of a tool that the vendor runs itself asks for no call of ours.
  return names.length === 0 ? { tools, toolChoice: 'auto' } : { tools, toolChoice: names }
}

/** Tools may also come inside the input, as items that add some (`additional_tools`). */
function offered({ tools, input }: JsonRecord): unknown[] {
  const items: unknown[] = Array.isArray(input) ? input : []
  const added = items.filter(isRecord).filter(({ type }) => type === 'additional_tools')
  return [tools, ...added.map((item) => item['tools'])].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  )
}

interface FlatTool extends CallShape, Tool {}

function flatten(tools: unknown, namespace: string | null = null): FlatTool[] {
  if (!Array.isArray(tools)) return []
  return tools.filter(isRecord).flatMap((tool): FlatTool[] => {
    const { type, name, parameters } = tool
    if (type === 'namespace') return flatten(tool['tools'], String(name))
    if (type === 'custom') return [{ name: String(name), schema: null, kind: 'custom', namespace }]
    if (type !== 'function') return []
    return [{ name: String(name), schema: isRecord(parameters) ? parameters : {}, kind: 'function', namespace }]
  })
}

function chosenNames(choice: JsonRecord): string[] {
  const chosen: unknown[] = Array.isArray(choice['tools']) ? choice['tools'] : [choice]
  return chosen
    .filter(isRecord)
    .flatMap(({ type, name }) => (type === 'function' || type === 'custom' ? [String(name)] : []))
}
