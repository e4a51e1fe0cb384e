// The types of a vendor's own client → definitions. Objects are closed: a member that the types do not name does not fit.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asRecord, type JsonRecord } from '../../src/core/protocols/lenient-json.ts'
import { referTo, type Definitions } from './definitions.ts'
import type { TypesSource } from './pinned.ts'

const outputBytesMax = 64 * 1024 * 1024
const generatorPlace = '#/definitions/'
const configuration = {
  compilerOptions: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    target: 'es2024',
    strict: true,
    skipLibCheck: true,
  },
  files: ['roots.ts'],
}

/** `folder`: where the generator and the client are installed. */
export function fromTypes(folder: string, { imports, roots, added = {} }: TypesSource): Definitions {
  const exported = Object.entries(roots).map(([name, type]) => `export type ${name} = ${type}`)
  writeFileSync(join(folder, 'roots.ts'), [imports, ...exported].join('\n'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  execFileSync(
    join(folder, 'node_modules/.bin/ts-json-schema-generator'),
    ['--path', 'roots.ts', '--tsconfig', 'tsconfig.json', '--no-type-check', '--out', 'schema.json'],
    { cwd: folder, maxBuffer: outputBytesMax },
  )
  const { definitions } = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')) as { definitions: Definitions }
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [plainName(name), without(renamed(schema), added[name])]),
  )
}

function without(schema: unknown, member: string | undefined): unknown {
  const record = asRecord(schema)
  if (member === undefined || record === undefined) return schema
  const { properties, required } = record as { properties: JsonRecord; required: string[] }
  const { [member]: _, ...rest } = properties
  return { ...record, properties: rest, required: required.filter((name) => name !== member) }
}

/** Names of generic types hold letters that a reference would have to encode. */
function plainName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '_')
}

function renamed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(renamed)
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) =>
      keyword === '$ref' && typeof value === 'string' && value.startsWith(generatorPlace)
        ? [keyword, referTo(plainName(decodeURIComponent(value.slice(generatorPlace.length))))]
        : [keyword, renamed(value)],
    ),
  )
}
