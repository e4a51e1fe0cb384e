// What the catalogue says about our tables, in the order in which rows can be copied: a table after those it points at.
// Owns reading the catalogue; move.ts copies by it, so a table of a later migration is never forgotten.
import { DatabaseError } from './errors.ts'
import type { Queryable } from './database.ts'

export interface ColumnShape {
  name: string
  /** As SQL writes it: `numeric(20,9)`, `bigint[]`. */
  type: string
  isIdentity: boolean
}

export interface TableShape {
  name: string
  /** Without generated columns, which compute themselves. */
  columns: ColumnShape[]
  primaryKey: string[]
  /** Columns whose sums are money or counts of it: numeric ones. */
  numericColumns: string[]
}

interface CatalogueRow extends TableShape {
  references: string[]
}

// Partitions are reached through their parent.
const catalogueQuery = `
  SELECT c.relname AS name,
    (SELECT jsonb_agg(jsonb_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isIdentity', a.attidentity <> ''
      ) ORDER BY a.attnum)
      FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
    (SELECT coalesce(jsonb_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND a.atttypid = 'numeric'::regtype) AS "numericColumns",
    (SELECT coalesce(jsonb_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum)), '[]')
      FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = c.oid AND i.indisprimary) AS "primaryKey",
    (SELECT coalesce(jsonb_agg(DISTINCT f.relname), '[]')
      FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS references
  FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
  ORDER BY c.relname`

/** All tables, each after the tables its foreign keys point at. */
export async function readTableShapes(database: Queryable): Promise<TableShape[]> {
  const { rows } = await database.query<CatalogueRow>(catalogueQuery)
  const ordered: CatalogueRow[] = []
  let waiting = rows
  while (waiting.length > 0) {
    const done = new Set(ordered.map(({ name }) => name))
    const ready = waiting.filter((table) => table.references.every((name) => done.has(name)))
    if (ready.length === 0) throw new DatabaseError('move_schema_differs', 'tables point at each other in a circle')
    ordered.push(...ready)
    waiting = waiting.filter((table) => !ready.includes(table))
  }
  return ordered.map(({ name, columns, primaryKey, numericColumns }) => ({ name, columns, primaryKey, numericColumns }))
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
