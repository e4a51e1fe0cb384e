// Reads the numbered SQL files that make the schema. Owns their order and checksums; runs nothing.
// Used by migrate.ts, by the move to a server and by the tests' template.
import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { DatabaseError } from './errors.ts'

export interface Migration {
  /** The file's name without `.sql`: `0001_tenants`. */
  name: string
  sql: string
  /** SHA-256 of the text with line ends made `\n`, so that a checkout on another system is no change. */
  checksum: string
}

export const migrationsDirectory = new URL('./migrations/', import.meta.url)

const fileNamePattern = /^(\d{4})_[a-z0-9_]+\.sql$/

/** All migrations in order. Refuses a gap, a double number or a file that is not a migration. */
export async function readMigrations(directory: URL | string = migrationsDirectory): Promise<Migration[]> {
  const fileNames = (await readdir(directory)).toSorted()
  const base = directory instanceof URL ? directory.href : `file://${directory}/`
  return await Promise.all(
    fileNames.map(async (fileName, index) => {
      const number = fileNamePattern.exec(fileName)?.[1]
      if (Number(number) !== index + 1) {
        throw new DatabaseError(
          'migration_numbering',
          `${fileName} is not migration number ${index + 1}: names are 0001_words.sql, without gaps or doubles`,
        )
      }
      const sql = (await readFile(new URL(fileName, base), 'utf8')).replaceAll('\r\n', '\n')
      return { name: fileName.slice(0, -'.sql'.length), sql, checksum: hash('sha256', sql) }
    }),
  )
}
