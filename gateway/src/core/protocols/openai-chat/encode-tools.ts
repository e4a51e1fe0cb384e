// Canonical tools and the choice among them as the wire's (OpenAI API reference, "Create chat completion", `tools`, `tool_choice`).
import type { ChatRequest, ToolDefinition } from '../chat.ts'
import { asRecord, asRecords } from '../lenient-json.ts'
import { fitsStrict } from './strict-schema.ts'

/** Models that cannot hold an answer to a schema cannot hold arguments to one either. */
export function encodeTools(tools: readonly ToolDefinition[], takesSchema: boolean, dropped: Set<string>): object[] {
  return tools.map(({ name, description, parameters, strict }) => {
    const schema = objectSchema(parameters)
    const isRefused = strict === true && !(takesSchema && fitsStrict(schema))
    if (isRefused) dropped.add('strict_tools')
    const words = description === '' ? undefined : description
    return {
      type: 'function',
      function: { name, description: words, parameters: schema, strict: isRefused ? undefined : strict },
    }
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
  return toolChoice.type === 'required' ? 'required' : { type: 'function', function: { name: toolChoice.name } }
}

const variantWords = ['oneOf', 'anyOf', 'allOf'] as const
const refusedAtTop: ReadonlySet<string> = new Set([...variantWords, 'enum', 'not'])

/**
 * "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level": the properties of all
 * variants are offered, and where only one of them applies none is demanded.
 */
function objectSchema(parameters: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(parameters).filter(([word]) => !refusedAtTop.has(word)))
  const [oneOf, anyOf, parts] = variantWords.map((word) => asRecords(parameters[word]))
  const variants = [...(oneOf ?? []), ...(anyOf ?? []), ...(parts ?? [])]
  if (variants.length === 0) return { ...kept, type: 'object', properties: asRecord(kept['properties']) ?? {} }
  const properties: Record<string, unknown> = {}
  for (const variant of [...variants, kept]) Object.assign(properties, asRecord(variant['properties']))
  const required = new Set(
    [...(parts ?? []), kept].flatMap(({ required: names }) => (Array.isArray(names) ? names : [])),
  )
  return { ...kept, type: 'object', properties, ...(required.size > 0 ? { required: [...required] } : {}) }
}
