// SQL of price files.
import type { Database, Queryable, Transaction } from '../../platform/database/database.ts'

export interface PriceFileRow {
  id: bigint
  version: string
  /** Null: the shipped prices. */
  file: unknown
}

/** The one in force; undefined where none was ever imported. */
export async function newestPriceFile(database: Database): Promise<PriceFileRow | undefined> {
  const { rows } = await database.query<PriceFileRow>(
    'SELECT id, version, file FROM price_files ORDER BY id DESC LIMIT 1',
  )
  return rows[0]
}

/** Cheap enough to be asked each second. */
export async function newestPriceFileId(database: Database): Promise<bigint | undefined> {
  const { rows } = await database.query<{ id: bigint | null }>('SELECT max(id) AS id FROM price_files')
  return rows[0]?.id ?? undefined
}

export async function hasOtherFile(database: Queryable, version: string, json: string): Promise<boolean> {
  const { rows } = await database.query<{ exists: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM price_files WHERE version = $1 AND file IS NOT NULL AND file <> $2::jsonb) AS exists',
    [version, json],
  )
  return rows[0]?.exists === true
}

export async function insertPriceFile(
  tx: Transaction,
  version: string,
  json: string | null,
  importedBy: string,
): Promise<void> {
  await tx.query('INSERT INTO price_files (version, file, imported_by) VALUES ($1, $2::jsonb, $3)', [
    version,
    json,
    importedBy,
  ])
}

/** One for each version. */
export async function allPriceFiles(database: Database): Promise<PriceFileRow[]> {
  const { rows } = await database.query<PriceFileRow>(
    'SELECT DISTINCT ON (version) id, version, file FROM price_files WHERE file IS NOT NULL ORDER BY version, id',
  )
  return rows
}
