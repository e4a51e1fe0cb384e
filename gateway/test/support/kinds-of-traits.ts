// The kinds of models that a vendor has, as far as encoders tell them apart.
import type { ServiceType } from '@aicarpool/contract'
import { modelsOf, shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import { traitsOfUnknown, type ModelTraits } from '../../src/core/protocols/model-traits.ts'

/** One of each kind, and one that the catalogue does not know. */
export function kindsOfTraits(serviceType: ServiceType): ModelTraits[] {
  const known = modelsOf(shippedCatalogue, serviceType).filter(({ kind }) => kind === 'chat')
  const all = [traitsOfUnknown, ...known.map(({ traits }) => traits)]
  return [...new Map(all.map((traits) => [JSON.stringify(traits), traits])).values()]
}
