// Canonical tools and the choice among them as the wire's (Anthropic Messages API, Tool and ToolChoice).
import type { ChatRequest, ToolDefinition } from '../chat.ts'
import { asRecord, asRecords } from '../lenient-json.ts'
import { closeSchema } from './close-schema.ts'
import { encodeMark } from './encode-messages.ts'
import type { EncodedThinking } from './encode-thinking.ts'

/** Models that cannot hold an answer to a schema cannot hold arguments to one either. */
export function encodeTools(tools: readonly ToolDefinition[], takesSchema: boolean, dropped: Set<string>): object[] {
  return tools.map(({ name, description, parameters, strict, cacheMark }) => {
    const isStrict = strict === true && takesSchema
    if (strict === true && !isStrict) dropped.add('strict_tools')
    const schema = objectSchema(parameters)
    return {
      name,
      description: description === '' ? undefined : description,
      input_schema: isStrict ? closeSchema(schema) : schema,
      strict: isStrict ? true : undefined,
      cache_control: encodeMark(cacheMark),
    }
  })
}

/**
 * The wire takes an object's schema, without `oneOf`, `anyOf` or `allOf` at its top: the properties of all variants are offered,
 * and where only one of them applies none is demanded.
 */
function objectSchema(parameters: Record<string, unknown>): Record<string, unknown> {
  const { oneOf, anyOf, allOf, ...rest } = parameters
  const choices = [...asRecords(oneOf), ...asRecords(anyOf)]
  const parts = asRecords(allOf)
  if (choices.length + parts.length === 0)
    return { ...rest, type: 'object', properties: asRecord(rest['properties']) ?? {} }
  const properties: Record<string, unknown> = {}
  for (const variant of [...choices, ...parts, rest]) Object.assign(properties, asRecord(variant['properties']))
  const required = [...parts, rest].flatMap((part) =>
    Array.isArray(part['required']) ? (part['required'] as unknown[]) : [],
  )
  return { ...rest, type: 'object', properties, ...(required.length > 0 ? { required: [...new Set(required)] } : {}) }
}

/**
 * A conversation with calls in it may be refused where no tools are defined. Where none is offered any more they are defined by
 * their names, and may not be called.
 */
export function withCalledTools(request: ChatRequest): ChatRequest {
  if (request.tools.length > 0) return request
  const calls = request.messages.flatMap(({ content }) => content.filter((part) => part.type === 'tool-call'))
  if (calls.length === 0) return request
  const names = [...new Set(calls.map(({ name }) => name))]
  const tools = names.map((name) => ({ name, description: undefined, parameters: {}, strict: undefined }))
  return { ...request, tools, toolChoice: { type: 'none' } }
}

type Choosing = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>

export function encodeToolChoice(
  { tools, toolChoice, parallelToolCalls }: Choosing,
  { isConstant }: EncodedThinking,
  dropped: Set<string>,
): object | undefined {
  if (tools.length === 0) return undefined
  const isSingle = parallelToolCalls === false ? true : undefined
  const auto = isSingle ? { type: 'auto', disable_parallel_tool_use: true } : undefined
  switch (toolChoice?.type) {
    case undefined:
    case 'auto':
      return auto
    case 'none':
      return { type: 'none' }
    case 'required':
    case 'tool':
      if (!isConstant) return { ...forced(toolChoice), disable_parallel_tool_use: isSingle }
      // Models that always think decide for themselves.
      dropped.add('tool_choice')
      return auto
  }
}

function forced(choice: { type: 'required' } | { type: 'tool'; name: string }): object {
  return choice.type === 'required' ? { type: 'any' } : { type: 'tool', name: choice.name }
}
