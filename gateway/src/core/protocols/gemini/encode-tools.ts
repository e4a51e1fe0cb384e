// Canonical functions and the choice among them as this wire's tools (Gemini API reference, "FunctionDeclaration" and
// "FunctionCallingConfig").
import type { ChatRequest, ToolChoice } from '../chat.ts'
import { notTranslatable } from '../request-fields.ts'
import { functionSchema } from './function-schema.ts'

/** "Must start with a letter or an underscore … a maximum length of 128." */
const namePattern = /^[a-z_][\w.:-]{0,127}$/i

export interface WireTools {
  tools?: object[]
  toolConfig?: object
}

export function encodeTools({ tools, toolChoice }: ChatRequest): WireTools {
  if (tools.length === 0) return {}
  const functionDeclarations = tools.map(({ name, description, parameters }, index) => {
    // The answer would call it by another name than the client knows.
    if (!namePattern.test(name))
      throw notTranslatable(`tools[${index}].name`, `No function can be called "${name}" here.`)
    return { name, description, parametersJsonSchema: functionSchema(parameters) }
  })
  const isStrict = tools.some(({ strict }) => strict === true)
  const functionCallingConfig = encodeChoice(toolChoice, isStrict)
  return {
    tools: [{ functionDeclarations }],
    ...(functionCallingConfig && { toolConfig: { functionCallingConfig } }),
  }
}

/** Arguments fit their schema in the modes VALIDATED and ANY. */
function encodeChoice(choice: ToolChoice | undefined, isStrict: boolean): object | undefined {
  switch (choice?.type) {
    case undefined:
      return isStrict ? { mode: 'VALIDATED' } : undefined
    case 'auto':
      return { mode: isStrict ? 'VALIDATED' : 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  }
}
