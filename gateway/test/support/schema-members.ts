// What more the vendors' definitions would let a body say: for each object in it, the members that its definition has and it has not,
// and a value for each.
import { definitionsOf, type Schema, type SchemaFile } from './vendor-schemas.ts'

export interface Member {
  /** "tools[0].name" */
  path: string
  schema: Schema
  /** The whole body with this member. */
  put: (value: unknown) => Record<string, unknown>
}

/** The schema itself, or each of the alternatives that it stands for. */
function alternatives(file: SchemaFile, schema: Schema): Schema[] {
  if (schema.$ref !== undefined) {
    const meant = definitionsOf(file)[schema.$ref.replace('#/$defs/', '')]
    return meant ? alternatives(file, meant) : []
  }
  const members = schema.anyOf ?? schema.allOf
  return members ? members.flatMap((member) => alternatives(file, member)) : [schema]
}

type Put = (value: unknown) => Record<string, unknown>

export function membersOf(file: SchemaFile, name: string, body: Record<string, unknown>): Member[] {
  const found: Member[] = []
  walk(body, [{ $ref: `#/$defs/${name}` }], '', (value) => value as Record<string, unknown>)
  return found

  function walk(value: unknown, schemas: readonly Schema[], path: string, put: Put): void {
    const possible = schemas.flatMap((schema) => alternatives(file, schema))
    if (Array.isArray(value)) {
      const items = possible.flatMap(({ items: each }) => (each ? [each] : []))
      value.forEach((item, index) => {
        walk(item, items, `${path}[${index}]`, (changed) => put(value.with(index, changed)))
      })
    } else if (typeof value === 'object' && value !== null) {
      const owner = value as Record<string, unknown>
      const fitting = possible.filter((schema) => isOf(file, schema, owner))
      const properties = new Map<string, Schema[]>()
      for (const schema of fitting) {
        for (const [key, member] of Object.entries(schema.properties ?? {})) {
          properties.set(key, [...(properties.get(key) ?? []), member])
        }
      }
      for (const [key, members] of properties) {
        const place = path === '' ? key : `${path}.${key}`
        const putMember: Put = (changed) => put({ ...owner, [key]: changed })
        if (key in owner) walk(owner[key], members, place, putMember)
        else for (const schema of members) found.push({ path: place, schema, put: putMember })
      }
    }
  }
}

/** Whether the object can be what the schema describes: its tags agree, and it has what it must have. */
function isOf(file: SchemaFile, { properties = {}, required = [] }: Schema, owner: Record<string, unknown>): boolean {
  const agrees = Object.entries(properties).every(([key, schema]) => {
    if (!(key in owner) || (key !== 'type' && key !== 'role')) return true
    return alternatives(file, schema).some((one) => allows(one, owner[key]))
  })
  return agrees && required.every((key) => key in owner)
}

function allows({ const: only, enum: values }: Schema, value: unknown): boolean {
  if (only !== undefined) return only === value
  return values === undefined || values.includes(value)
}

const depthMax = 8

/** A value that the schema allows and that is as little as possible what is done anyway. */
export function sampleOf(file: SchemaFile, schema: Schema, depth = 0): unknown {
  const [first] = alternatives(file, schema).filter(({ type }) => type !== 'null')
  if (first === undefined || depth > depthMax) return {}
  if (first.const !== undefined) return first.const
  if (first.enum) return first.enum.findLast((value) => value !== null)
  switch (Array.isArray(first.type) ? first.type.find((type) => type !== 'null') : first.type) {
    case 'string':
      return 'x'
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'array':
      return first.items ? [sampleOf(file, first.items, depth + 1)] : ['x']
    default: {
      const { properties = {}, required = [] } = first
      const entries = required.map((key) => [key, sampleOf(file, properties[key] ?? {}, depth + 1)])
      return required.length > 0 ? Object.fromEntries(entries) : { x: 'x' }
    }
  }
}
