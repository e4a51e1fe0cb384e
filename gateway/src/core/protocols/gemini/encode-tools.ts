// Canonical functions and the choice among them as this wire's tools (Gemini API reference, "FunctionDeclaration" and
// "FunctionCallingConfig").
import type { ChatRequest, ToolChoice } from '../chat.ts'
import { functionSchema } from './function-schema.ts'

export interface WireTools {
  tools?: object[]
  toolConfig?: object
}

export function encodeTools({ tools, toolChoice }: ChatRequest): WireTools {
  if (tools.length === 0) return {}
  const functionDeclarations = tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parametersJsonSchema: functionSchema(parameters),
  }))
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
