// The rules of tools and toolConfig (Gemini API reference "FunctionDeclaration" and "FunctionCallingConfig", guide
// "Function calling").
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import { invalid } from './config-rules.ts'
import type { GeminiModel } from './models.ts'
import { isThirdGeneration } from './models.ts'
import { findSchemaProblem } from './schema-rules.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/
const NAME_RULE =
  '[Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), ' +
  'underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.]'

export interface FunctionDeclaration {
  name: string
  schema: JsonRecord
}

/** Declarations of all tools in order; a function without parameters takes an empty object. */
export function functionDeclarations(request: JsonRecord): FunctionDeclaration[] {
  return toolsOf(request).flatMap((tool) =>
    declarationsOf(tool).map((declaration) => {
      const schema = declaration['parameters'] ?? declaration['parametersJsonSchema']
      return { name: String(declaration['name']), schema: isRecord(schema) ? schema : { type: 'object' } }
    }),
  )
}

/** Names of the tools that run at Google, such as `googleSearch`. */
export function serverTools(request: JsonRecord): string[] {
  return toolsOf(request).flatMap((tool) => Object.keys(tool).filter((name) => name !== 'functionDeclarations'))
}

export function findToolsProblem(request: JsonRecord, model: GeminiModel): Problem | null {
  for (const [toolIndex, tool] of toolsOf(request).entries()) {
    for (const [index, declaration] of declarationsOf(tool).entries()) {
      const place = `* GenerateContentRequest.tools[${toolIndex}].function_declarations[${index}]`
      const problem = findDeclarationProblem(declaration, place)
      if (problem !== null) return problem
    }
  }
  const names = functionDeclarations(request).map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) return invalid(`Duplicate function declaration found: ${twice}`)
  if (names.length > 0 && serverTools(request).length > 0 && !isThirdGeneration(model)) {
    return invalid('Tool use with function calling is unsupported')
  }
  return findCallingProblem(request['toolConfig'], names)
}

function toolsOf(request: JsonRecord): JsonRecord[] {
  return Array.isArray(request['tools']) ? request['tools'].filter(isRecord) : []
}

function declarationsOf(tool: JsonRecord): JsonRecord[] {
  return Array.isArray(tool['functionDeclarations']) ? tool['functionDeclarations'].filter(isRecord) : []
}

function findDeclarationProblem(declaration: JsonRecord, place: string): Problem | null {
  const { name, parameters, parametersJsonSchema } = declaration
  if (typeof name !== 'string' || !NAME.test(name)) return invalid(`${place}.name: ${NAME_RULE}\n`)
  if (parameters !== undefined && parametersJsonSchema !== undefined) {
    return invalid(`${place}: only one of parameters and parameters_json_schema may be set.\n`)
  }
  if (parametersJsonSchema !== undefined && !isRecord(parametersJsonSchema)) {
    return invalid(`${place}.parameters_json_schema: must be a JSON object.\n`)
  }
  if (!isRecord(parameters)) return null
  if (parameters['type'] !== undefined && parameters['type'] !== 'OBJECT') {
    return invalid(`${place}.parameters.type: functions parameters schema should be of type OBJECT.\n`)
  }
  return findSchemaProblem(parameters, `${place}.parameters`)
}

function findCallingProblem(toolConfig: unknown, names: readonly string[]): Problem | null {
  const config = isRecord(toolConfig) ? toolConfig['functionCallingConfig'] : null
  if (!isRecord(config)) return null
  const { mode = 'AUTO', allowedFunctionNames: allowed } = config
  const isForced = mode === 'ANY' || mode === 'VALIDATED'
  if (mode === 'ANY' && names.length === 0) {
    return invalid('Function calling mode is set to ANY but no function declarations are provided.')
  }
  if (!Array.isArray(allowed) || allowed.length === 0) return null
  if (!isForced) return invalid('Allowed function names should only be set when function calling mode is ANY.')
  const unknown = allowed.find((name) => !names.includes(String(name)))
  return unknown === undefined
    ? null
    : invalid(`allowed_function_names contains "${String(unknown)}", which is not among the function declarations.`)
}
