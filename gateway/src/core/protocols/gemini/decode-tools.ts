// The tools of a generateContent request → canonical (Gemini API reference, "Tool", "FunctionDeclaration" and "ToolConfig").
// The vendor's own tools cannot be had elsewhere: they are left out and named beside functions, and refused alone.
import type { ToolChoice, ToolDefinition } from '../chat.ts'
import { invalidField, members, nameRest, notTranslatable, readText, type RequestBody } from '../request-fields.ts'
import { jsonSchemaOf, schemaOfEitherKind } from './open-api-schema.ts'
import { readMessages, readOptionalMessage, readTexts, readWord, restOfMessage } from './proto-json.ts'

/** What such a tool would bring is what the request is about. */
const refusedTools: ReadonlySet<string> = new Set(['computerUse', 'fileSearch', 'mcpServers', 'retrieval'])

const declarationFields: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'parametersJsonSchema',
  // What a function answers needs no announcement.
  'response',
  'responseJsonSchema',
])

export interface DecodedTools {
  tools: ToolDefinition[]
  toolChoice: ToolChoice | undefined
}

export function decodeTools(body: RequestBody, dropped: string[]): DecodedTools {
  const tools: ToolDefinition[] = []
  const own: string[] = []
  for (const [index, tool] of readMessages(body['tools'], 'tools').entries()) {
    for (const name of Object.keys(tool)) {
      if (name !== 'functionDeclarations') own.push(ownTool(name, `tools[${index}]`))
    }
    const path = `tools[${index}].functionDeclarations`
    const declarations = readMessages(tool['functionDeclarations'], path)
    tools.push(...declarations.map((declaration, at) => decodeDeclaration(declaration, `${path}[${at}]`, dropped)))
  }
  const [first] = own
  if (first !== undefined && tools.length === 0) {
    throw notTranslatable(first, 'The request offers nothing but tools of one vendor.')
  }
  for (const name of own) dropped.push(name)
  return chosen(tools, body, dropped)
}

function ownTool(name: string, path: string): string {
  if (refusedTools.has(name)) throw notTranslatable(`${path}.${name}`)
  return `${path}.${name}`
}

function decodeDeclaration(declaration: RequestBody, path: string, dropped: string[]): ToolDefinition {
  const { name, description } = declaration
  for (const field of restOfMessage(awaited(declaration), `${path}.`, declarationFields, {})) dropped.push(field)
  return {
    name: readText(name, `${path}.name`),
    description: description === undefined ? undefined : readText(description, `${path}.description`),
    parameters: decodeParameters(declaration, path),
    strict: undefined,
  }
}

/** Waiting for what a function answers is what all other wires do. */
function awaited(declaration: RequestBody): RequestBody {
  const { behavior, ...rest } = declaration
  return behavior === 'BLOCKING' || behavior === 'UNSPECIFIED' ? rest : declaration
}

/** A function without parameters takes an empty object. */
function decodeParameters({ parameters, parametersJsonSchema: json }: RequestBody, path: string): RequestBody {
  if (parameters !== undefined && json !== undefined) {
    throw invalidField(path, 'must have one of "parameters" and "parametersJsonSchema"')
  }
  if (json !== undefined) return schemaOfEitherKind(json, `${path}.parametersJsonSchema`)
  if (parameters !== undefined) return jsonSchemaOf(parameters, `${path}.parameters`)
  return { type: 'object', properties: {} }
}

const configPath = 'toolConfig.functionCallingConfig'
const toolConfigFields = members('functionCallingConfig')
const callingFields = members('mode allowedFunctionNames')

/** Where only some functions are allowed, the others are left out: other wires can name one, or all. */
function chosen(tools: ToolDefinition[], body: RequestBody, dropped: string[]): DecodedTools {
  const toolConfig = readOptionalMessage(body['toolConfig'], 'toolConfig') ?? {}
  nameRest(toolConfig, 'toolConfig', toolConfigFields, dropped)
  const config = readOptionalMessage(toolConfig['functionCallingConfig'], configPath) ?? {}
  nameRest(config, configPath, callingFields, dropped)
  const mode = readWord(config['mode'], `${configPath}.mode`)
  const names = readTexts(config['allowedFunctionNames'], `${configPath}.allowedFunctionNames`)
  requireDeclared(names, tools)
  const allowed = names.length === 0 ? tools : tools.filter(({ name }) => names.includes(name))
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return { tools, toolChoice: undefined }
    case 'AUTO':
    case 'NONE':
      return { tools, toolChoice: tools.length === 0 ? undefined : { type: mode === 'AUTO' ? 'auto' : 'none' } }
    // Calls and text are both allowed, and calls fit their schema.
    case 'VALIDATED':
      return { tools: allowed.map((tool) => ({ ...tool, strict: true })), toolChoice: { type: 'auto' } }
    case 'ANY':
      if (tools.length === 0) throw invalidField(`${configPath}.mode`, 'needs functions to choose from')
      return { tools: names.length === 1 ? tools : allowed, toolChoice: forced(names) }
    default:
      throw invalidField(`${configPath}.mode`, 'must be AUTO, ANY, NONE or VALIDATED')
  }
}

function requireDeclared(names: readonly string[], tools: readonly ToolDefinition[]): void {
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name))
  if (unknown === undefined) return
  throw invalidField(`${configPath}.allowedFunctionNames`, `names "${unknown}", which is not declared`)
}

function forced(names: readonly string[]): ToolChoice {
  const [name] = names
  return names.length === 1 && name !== undefined ? { type: 'tool', name } : { type: 'required' }
}
