// The models we know by name: price, limits and traits, shipped with the program in catalogue.json (`npm run catalogue` builds
// it) and read once. Prices of an account come before it. How a name is found: exactly as the file lists it, as a model or as an
// alias; else as the model it is a snapshot of, "<model>-2025-11-01", "<model>-20251101", "<model>-001" or "<model>-latest", where
// the file says that the model's snapshots have its price. Any other name is unknown and has no price: never a similar one's.
import { assert, type ServiceType } from '@aicarpool/contract'
import { serviceTypes } from '../providers/index.ts'
import shipped from './catalogue.json' with { type: 'json' }
import { catalogueKey, parseCatalogue, type Catalogue, type CatalogueModel } from './parse-catalogue.ts'

/** An unknown model may answer at most this many tokens as far as reservations are concerned: the largest maximum of today. */
export const unknownModelOutputTokensMax = 128_000

const snapshotSuffix = /-(?:latest|\d{4}-\d{2}-\d{2}|\d{8}|\d{3})$/

function readShipped(): Catalogue {
  const { catalogue, problems } = parseCatalogue(shipped, serviceTypes)
  assert(catalogue !== undefined, `the shipped catalogue is well-formed: ${problems?.[0] ?? ''}`)
  return catalogue
}

/** As it stands in the program. */
export const shippedFile: unknown = shipped

/** What a gateway knows that is not told otherwise. */
export const shippedCatalogue = readShipped()

export function findModel(from: Catalogue, serviceType: ServiceType, model: string): CatalogueModel | undefined {
  const listed = from.byName.get(catalogueKey(serviceType, model))
  if (listed) return listed
  const stem = model.replace(snapshotSuffix, '')
  const known = stem === model ? undefined : from.byName.get(catalogueKey(serviceType, stem))
  return known?.coversSnapshots === true ? known : undefined
}

/** Every model of a vendor that the catalogue knows, in its order: chat models before others, newer before older. */
export function modelsOf({ models }: Catalogue, serviceType: ServiceType): CatalogueModel[] {
  return models.filter((entry) => entry.serviceType === serviceType)
}
