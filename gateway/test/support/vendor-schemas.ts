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
  /** Only these; undefined: whatever it holds. */
  values?: readonly unknown[]
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
  const checker = new Ajv2020({ allErrors, strict: false })
  addFormats.default(checker, ['uri', 'date-time'])
  return checker
}

function validator(kind: 'quick' | 'thorough', { file, name }: Definition): ValidateFunction {
  const compiled = kind === 'quick' ? quick : thorough
  const key = `${file}#/$defs/${name}`
  const known = compiled.get(key)
  if (known) return known
  if (!loaded.has(kind + file)) {
    checkers[kind].addSchema(JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')) as object, file)
    loaded.add(kind + file)
  }
  const made = checkers[kind].compile({ $ref: key })
  compiled.set(key, made)
  return made
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
  // A union has as many complaints as members: the deepest are of the member that was meant, those that it has another type of
  // the others.
  const errors = (check.errors ?? []).toSorted((one, other) => rank(other) - rank(one))
  const said = [...new Set(errors.map(complaint))].slice(0, complaintsMax)
  return said.map((text) => `${definition.file} ${definition.name}: ${text}`)
}

/** A copy without the members that the exception is about. */
function without(value: unknown, exception: Exception, met: Set<Exception>): unknown {
  const { at, values } = exception
  return strip(value, at.split('.'), (found) => {
    const isMet = values === undefined || values.includes(found)
    if (isMet) met.add(exception)
    return isMet
  })
}

function strip(value: unknown, [name, ...below]: readonly string[], matches: (found: unknown) => boolean): unknown {
  if (typeof value !== 'object' || value === null || name === undefined) return value
  if (name === '*') {
    if (!Array.isArray(value)) return value
    return value.map((entry) => strip(entry, below, matches))
  }
  if (!(name in value)) return value
  const { [name]: found, ...rest } = value as Record<string, unknown>
  if (below.length === 0) return matches(found) ? rest : value
  return { ...rest, [name]: strip(found, below, matches) }
}

const ofAnotherType = /\/(?:type|role)$/
const rank = ({ instancePath, keyword }: ErrorObject): number =>
  keyword === 'const' && ofAnotherType.test(instancePath) ? 0 : instancePath.split('/').length

function complaint({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`
}
