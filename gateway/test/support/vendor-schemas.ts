// What the vendors themselves say of their wires, as JSON schemas (__fixtures__/vendor-schemas, made by `npm run vendor-schemas`):
// whether a body fits one of their definitions, and if not, what is wrong with it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { default as addFormats } from 'ajv-formats'

/** The types of a vendor's client are new and closed; the document that it publishes is older and knows limits. */
export type SchemaFile = 'anthropic-older-types' | `${'openai' | 'anthropic' | 'google'}-${'types' | 'document'}`

export interface Definition {
  file: SchemaFile
  name: string
  exceptions?: readonly Exception[]
}

/** Something that a definition does not know and that is right all the same. */
export interface Exception {
  /** Names of members from the outside inwards; `*` is every entry of a list. */
  at: string
  /** Only in objects of this `type`. */
  ofType?: string
  /** Only these; undefined: whatever it holds. */
  values?: readonly unknown[]
  /** Checked in its place, where the definition demands the member. */
  standIn?: unknown
  /** It is the member's absence that is right. */
  isLeftOut?: boolean
  /** Where it is documented. */
  source: string
}

const folder = join(import.meta.dirname, '../protocols/__fixtures__/vendor-schemas')
const complaintsMax = 8

const quick = new Map<string, ValidateFunction>()
const thorough = new Map<string, ValidateFunction>()
const checkers = { quick: createChecker(false), thorough: createChecker(true) }
const loaded = new Set<string>()

function createChecker(allErrors: boolean): Ajv2020 {
  const checker = new Ajv2020({ allErrors, strict: false, discriminator: true })
  addFormats.default(checker, ['uri', 'date-time'])
  return checker
}

function validator(kind: 'quick' | 'thorough', { file, name }: Definition): ValidateFunction {
  const compiled = kind === 'quick' ? quick : thorough
  const key = `${file}#/$defs/${name}`
  const known = compiled.get(key)
  if (known) return known
  if (!loaded.has(kind + file)) {
    checkers[kind].addSchema(withTaggedUnions(textOf(file)), file)
    loaded.add(kind + file)
  }
  const made = checkers[kind].compile({ $ref: key })
  compiled.set(key, made)
  return made
}

export interface Schema {
  $ref?: string
  $defs?: Record<string, Schema>
  anyOf?: Schema[]
  allOf?: Schema[]
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  const?: unknown
  enum?: unknown[]
}

const definitions = new Map<SchemaFile, Record<string, Schema>>()

/** By name, as they stand in the file. */
export function definitionsOf(file: SchemaFile): Record<string, Schema> {
  const known = definitions.get(file)
  if (known) return known
  const { $defs = {} } = JSON.parse(textOf(file)) as Schema
  definitions.set(file, $defs)
  return $defs
}

const textOf = (file: SchemaFile) => readFileSync(join(folder, `${file}.json`), 'utf8')

/** A union whose members have a tag each is checked by that of the value alone: quicker, and it complains of that member alone. */
function withTaggedUnions(text: string): object {
  const { $defs = {} } = JSON.parse(text) as Schema
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : ($defs[schema.$ref.replace('#/$defs/', '')] ?? {})
  const tagOf = (schema: Schema, name: string): unknown => {
    const tag = schema.required?.includes(name) ? schema.properties?.[name] : undefined
    return tag?.const ?? (tag?.enum?.length === 1 ? tag.enum[0] : undefined)
  }
  return JSON.parse(text, (_, value: Schema) => {
    const members = value?.anyOf
    if (!Array.isArray(members) || members.length < 2) return value
    const propertyName = ['type', 'role'].find((name) => {
      const tags = members.map((member) => tagOf(resolve(member), name))
      return !tags.includes(undefined) && new Set(tags).size === tags.length
    })
    if (propertyName === undefined) return value
    const { anyOf, ...rest } = value
    return { ...rest, type: 'object', oneOf: anyOf, discriminator: { propertyName } }
  }) as object
}

/**
 * What is wrong with the value but for the definition's exceptions, the most telling first; empty when it fits. The exceptions that
 * it needed are added to `met`.
 */
export function misfits(definition: Definition, value: unknown, met: Set<Exception>): string[] {
  if (validator('quick', definition)(value)) return []
  let rest: unknown = value
  for (const exception of definition.exceptions ?? []) rest = without(rest, exception, met)
  const check = validator('thorough', definition)
  if (check(rest)) return []
  const errors = (check.errors ?? []).toSorted((one, other) => depth(other) - depth(one))
  const said = [...new Set(errors.map(complaint))].slice(0, complaintsMax)
  return said.map((text) => `${definition.file} ${definition.name}: ${text}`)
}

type Owner = Record<string, unknown>

/** A copy without the members that the exception is about, or with what stands in for them. */
function without(value: unknown, exception: Exception, met: Set<Exception>): unknown {
  const { at, ofType, values, standIn, isLeftOut = false } = exception
  return replaced(value, at.split('.'), (owner, name) => {
    const isMeant = ofType === undefined || owner['type'] === ofType
    if (!isMeant || name in owner === isLeftOut) return owner
    if (values !== undefined && !values.includes(owner[name])) return owner
    met.add(exception)
    const { [name]: _, ...rest } = owner
    return standIn === undefined ? rest : { ...rest, [name]: standIn }
  })
}

/** With other owners of the member that the path ends with. */
function replaced(
  value: unknown,
  [name, ...below]: readonly string[],
  other: (owner: Owner, name: string) => Owner,
): unknown {
  if (typeof value !== 'object' || value === null || name === undefined) return value
  if (name === '*') return Array.isArray(value) ? value.map((entry) => replaced(entry, below, other)) : value
  const owner = value as Owner
  if (below.length === 0) return other(owner, name)
  return name in owner ? { ...owner, [name]: replaced(owner[name], below, other) } : owner
}

const depth = ({ instancePath }: ErrorObject): number => instancePath.split('/').length

function complaint({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`
}
