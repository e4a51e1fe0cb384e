// The commands about prices: import, export, reset. They open the database themselves, as `migrate` does.
import { readFile, writeFile } from 'node:fs/promises'
import { exportPrices, importPrices, PriceFileRefused, resetPrices } from '../controlplane/prices/prices.ts'
import { shippedProviders } from '../core/providers/index.ts'
import type { Database } from '../platform/database/database.ts'
import { migrate } from '../platform/database/migrate.ts'
import { openDatabase } from '../platform/database/open.ts'
import { exitCodes } from './help.ts'
import type { ServeOptions } from './serve.ts'

const importer = 'command line'

export async function runPricesImport(options: ServeOptions, file: string): Promise<number> {
  const { terminal } = options
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    terminal.complain(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`)
    return exitCodes.failed
  }
  return withDatabase(options, async (database) => {
    try {
      const { version, models } = await importPrices(database, shippedProviders, json, importer)
      terminal.print(
        `Prices "${version}" of ${models} models are in force; a running gateway has them within a second.`,
      )
      return exitCodes.ok
    } catch (error) {
      if (!(error instanceof PriceFileRefused)) throw error
      terminal.complain(`${file} is refused, and nothing of it was taken:`)
      for (const problem of error.problems) terminal.complain(`  ${problem}`)
      return exitCodes.failed
    }
  })
}

export function runPricesExport(options: ServeOptions, file: string): Promise<number> {
  return withDatabase(options, async (database) => {
    await writeFile(file, `${JSON.stringify(await exportPrices(database), undefined, 2)}\n`)
    options.terminal.print(`Wrote the prices in force to ${file}. Give the file a new version when you change it.`)
    return exitCodes.ok
  })
}

export function runPricesReset(options: ServeOptions): Promise<number> {
  return withDatabase(options, async (database) => {
    const { version, models } = await resetPrices(database, importer)
    options.terminal.print(`The shipped prices "${version}" of ${models} models are in force again.`)
    return exitCodes.ok
  })
}

async function withDatabase(
  { config, log }: ServeOptions,
  work: (database: Database) => Promise<number>,
): Promise<number> {
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl?.reveal(), log })
  try {
    await migrate(database)
    return await work(database)
  } finally {
    await database.close()
  }
}
