// Which vendors a gateway knows: the shipped ones, unless it is started with others. A service type is text everywhere else, in
// the database too, so whoever writes one has it checked here.
import { AppError, assert, type ServiceType } from '@aicarpool/contract'
import type { Provider } from './provider.ts'

export type Providers = ReadonlyMap<ServiceType, Provider>

export function providersOf(list: readonly Provider[]): Providers {
  const providers = new Map(list.map((provider) => [provider.serviceType, provider]))
  assert(providers.size === list.length, 'no two providers have one service type')
  return providers
}

/** Throws AppError('invalid_request') that names the field and the types there are. */
export function requireKnown(providers: Providers, serviceType: ServiceType, field: string): void {
  if (providers.has(serviceType)) return
  const known = [...providers.keys()].join(', ')
  throw new AppError('invalid_request', {
    detail: `"${field}" is "${serviceType}", and the service types are: ${known}.`,
    field,
  })
}
