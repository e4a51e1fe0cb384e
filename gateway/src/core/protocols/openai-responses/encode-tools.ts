// Canonical tools and the choice among them as the wire's (OpenAI API reference, "Create a model response", `tools`, `tool_choice`).
import type { ChatRequest, ToolDefinition } from '../chat.ts'
import { asRecord, asRecords } from '../lenient-json.ts'
import { isStrictSchema } from './strict-schema.ts'

/** Left out, `strict` is on here, and off on the wires that most requests come from: it is always written. */
export function encodeTools(tools: readonly ToolDefinition[], takesSchema: boolean, dropped: Set<string>): object[] {
  return tools.map(({ name, description, parameters, strict }) => {
    const schema = objectSchema(parameters)
    const isStrict = strict === true && takesSchema && isStrictSchema(schema)
    if (strict === true && !isStrict) dropped.add('strict_tools')
    return { type: 'function', name, description: description || undefined, parameters: schema, strict: isStrict }
  })
}

export function encodeToolChoice(
  { tools, toolChoice }: ChatRequest,
  isAlwaysThinking: boolean,
  dropped: Set<string>,
): string | object | undefined {
  if (tools.length === 0 || toolChoice === undefined) return undefined
  if (toolChoice.type === 'auto' || toolChoice.type === 'none') return toolChoice.type
  if (isAlwaysThinking) {
    dropped.add('tool_choice')
    return undefined
  }
  return toolChoice.type === 'required' ? 'required' : { type: 'function', name: toolChoice.name }
}

const variantWords = ['oneOf', 'anyOf', 'allOf'] as const
const refusedAtTop: ReadonlySet<string> = new Set([...variantWords, 'enum', 'not'])

/**
 * "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level": the properties of all
 * variants are offered, and where only one of them applies none is demanded.
 */
function objectSchema(parameters: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(parameters).filter(([word]) => !refusedAtTop.has(word)))
  const alternatives = [...asRecords(parameters['oneOf']), ...asRecords(parameters['anyOf'])]
  const demandedParts = [...asRecords(parameters['allOf']), kept]
  const properties: Record<string, unknown> = {}
  for (const part of [...alternatives, ...demandedParts]) Object.assign(properties, asRecord(part['properties']))
  const required = new Set(demandedParts.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : [])))
  return { ...kept, type: 'object', properties, ...(required.size > 0 && { required: [...required] }) }
}
