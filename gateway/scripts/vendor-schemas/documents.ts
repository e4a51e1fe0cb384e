// A document that a vendor publishes → definitions: an OpenAPI document, whose objects stay as open as it has them, or one of
// Google's discovery service, whose objects are closed as its servers have them ("Unknown name").
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asRecord, type JsonRecord } from '../../src/core/protocols/lenient-json.ts'
import { referTo, type Definitions } from './definitions.ts'
import type { DocumentSource } from './pinned.ts'

export function documentDefinitions(
  folder: string,
  { path, form }: DocumentSource,
  parseYaml: (text: string) => unknown,
): Definitions {
  const text = readFileSync(join(folder, path), 'utf8')
  if (form === 'discovery') return mapValues(membersOf(JSON.parse(text), 'schemas'), closed)
  return mapValues(membersOf(membersOf(parseYaml(text), 'components'), 'schemas'), fromOpenApi)
}

function membersOf(value: unknown, name: string): JsonRecord {
  const members = asRecord(asRecord(value)?.[name])
  if (members === undefined) throw new RangeError(`the document has no ${name}`)
  return members
}

const mapValues = (record: JsonRecord, map: (value: unknown) => unknown): Definitions =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))

/** Formats that the checker knows; others ("unixtime", "binary") say less than the type beside them. */
const knownFormats = new Set<unknown>(['uri', 'date-time'])

/** Its dialect's own words are put into those of JSON schema. */
function fromOpenApi(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(fromOpenApi)
  const record = asRecord(schema)
  if (record === undefined) return schema
  // A filter's clauses hold filters; nothing here writes one.
  if ('$recursiveRef' in record) return {}
  const { nullable, oneOf, format, $ref, properties, ...rest } = record
  const named = asRecord(properties)
  const converted = {
    ...mapValues(rest, fromOpenApi),
    // Alternatives overlap in these documents: some bodies fit two of them, and none is the worse for it.
    ...(Array.isArray(oneOf) && { anyOf: fromOpenApi(oneOf) }),
    ...(knownFormats.has(format) && { format }),
    ...(typeof $ref === 'string' && { $ref: referTo($ref.slice($ref.lastIndexOf('/') + 1)) }),
    ...(named && { properties: mapValues(named, fromOpenApi) }),
  }
  return nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted
}

const int32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  const record = asRecord(schema)
  if (record === undefined) return schema
  const { $ref, type, properties, format, ...rest } = record
  const named = asRecord(properties)
  return {
    ...mapValues(rest, closed),
    ...(format === 'int32' && int32),
    ...(typeof $ref === 'string' && { $ref: referTo($ref) }),
    ...(type !== undefined && type !== 'any' && { type }),
    ...(named && { properties: mapValues(named, closed), additionalProperties: false }),
  }
}
