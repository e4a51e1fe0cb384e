// Named JSON schemas that refer to each other as `#/$defs/Name`: what is left of them when prose and what nobody refers to are
// gone, and how they stand in a file. Knows no source.
import { asRecord, type JsonRecord } from '../../src/core/protocols/lenient-json.ts'

export type Definitions = Record<string, unknown>

/** The keywords that say what fits. All others are prose, or notes for generators of code. */
const keywords = new Set(
  `$ref type enum const properties required additionalProperties items prefixItems anyOf allOf not pattern format
  minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems uniqueItems minProperties
  maxProperties`.split(/\s+/),
)
const place = '#/$defs/'

export const referTo = (name: string): string => place + name

/** What the roots reach, without prose. Where a document refers to what it does not define, anything fits. */
export function pruned(all: Definitions, roots: readonly string[]): Definitions {
  const kept: Definitions = {}
  const missing = roots.find((root) => !(root in all))
  if (missing !== undefined) throw new RangeError(`no definition is called ${missing}`)
  const open = [...roots]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name in kept) continue
    const schema = withoutProse(all[name] ?? {})
    kept[name] = schema
    open.push(...references(schema))
  }
  return kept
}

function withoutProse(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutProse)
  const record = asRecord(schema)
  if (record === undefined) return schema
  const kept = Object.entries(record).filter(([keyword]) => keywords.has(keyword))
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, valueOf(keyword, value)]))
}

function valueOf(keyword: string, value: unknown): unknown {
  if (keyword === 'const' || keyword === 'enum') return value
  const record = asRecord(value)
  if (keyword !== 'properties' || record === undefined) return withoutProse(value)
  return Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, withoutProse(schema)]))
}

function references(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema as JsonRecord).flatMap(([keyword, value]) =>
    keyword === '$ref' && typeof value === 'string' ? [value.slice(place.length)] : references(value),
  )
}

/** A line for each definition, in the order of their names: what a newer source changes is a line that changes. */
export function printDefinitions(comment: string, definitions: Definitions): string {
  const names = Object.keys(definitions).toSorted()
  const lines = names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`)
  return `{"$comment": ${JSON.stringify(comment)}, "$defs": {\n${lines.join(',\n')}\n}}\n`
}
