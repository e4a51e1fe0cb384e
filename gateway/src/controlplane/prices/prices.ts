// The price file in force (价格表): the shipped one, or the last that an administrator imported. A file replaces the one before it
// whole, or is refused whole, with everything that is wrong with it.
import { shippedCatalogue, shippedFile } from '../../core/pricing/catalogue.ts'
import { parseCatalogue, type Catalogue } from '../../core/pricing/parse-catalogue.ts'
import type { Providers } from '../../core/providers/registry.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import { allPriceFiles, hasOtherFile, insertPriceFile, newestPriceFile, newestPriceFileId } from './queries.ts'

/** What is wrong with a file, each with its place: nothing of it was taken. */
export class PriceFileRefused extends Error {
  override readonly name = 'PriceFileRefused'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The price file is refused: ${problems[0] ?? ''}`)
    this.problems = problems
  }
}

export interface ImportedPrices {
  version: string
  models: number
}

/** In force for attempts that begin after the configuration was published, within a second. Throws PriceFileRefused. */
export async function importPrices(
  database: Database,
  providers: Providers,
  json: unknown,
  importedBy: string,
): Promise<ImportedPrices> {
  const { catalogue, problems } = parseCatalogue(json, [...providers.keys()])
  if (!catalogue) throw new PriceFileRefused(problems)
  const { version, models } = catalogue
  const text = JSON.stringify(json)
  // A row names the version that priced it: one name must never mean two prices.
  const isShipped = version === shippedCatalogue.version && text !== JSON.stringify(shippedFile)
  if (isShipped || (await hasOtherFile(database, version, text))) {
    throw new PriceFileRefused([
      `version "${version}" is the name of another file already: give this one a new version`,
    ])
  }
  await database.transaction((tx) => insertPriceFile(tx, version, text, importedBy))
  return { version, models: models.length }
}

/** Puts the shipped prices back in force. */
export async function resetPrices(database: Database, importedBy: string): Promise<ImportedPrices> {
  const { version, models } = shippedCatalogue
  await database.transaction((tx) => insertPriceFile(tx, version, null, importedBy))
  return { version, models: models.length }
}

/** The file in force, for editing. */
export async function exportPrices(database: Database): Promise<unknown> {
  return (await newestPriceFile(database))?.file ?? shippedFile
}

export interface CurrentPrices {
  readonly catalogue: Catalogue
  /** Reads the file anew where there is a newer one. */
  refresh(): Promise<void>
}

/** `base` is in force where no file is. A file that this program cannot read leaves the prices as they are, and is reported. */
export function createCurrentPrices(
  database: Database,
  providers: Providers,
  base: Catalogue,
  log: Log,
): CurrentPrices {
  let catalogue = base
  let known: bigint | undefined
  return {
    get catalogue() {
      return catalogue
    },
    async refresh() {
      if ((await newestPriceFileId(database)) === known) return
      const row = await newestPriceFile(database)
      known = row?.id
      if (!row?.file) {
        catalogue = base
        return
      }
      const parsed = parseCatalogue(row.file, [...providers.keys()])
      if (parsed.catalogue) catalogue = parsed.catalogue
      else log.error({ version: row.version, problems: parsed.problems }, 'The imported price file cannot be read')
    },
  }
}

/** Every price file that was ever in force, for looking up what a row was priced by. */
export async function keptCatalogues(database: Database, providers: Providers): Promise<Catalogue[]> {
  const parsed = (await allPriceFiles(database)).map(
    ({ file }) => parseCatalogue(file, [...providers.keys()]).catalogue,
  )
  return [shippedCatalogue, ...parsed.filter((catalogue) => catalogue !== undefined)]
}
