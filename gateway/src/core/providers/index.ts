// The vendors by service type. The one place that knows them all.
import { claude } from './claude/index.ts'
import { gemini } from './gemini/index.ts'
import { openai } from './openai/index.ts'
import type { Provider } from './provider.ts'
import { qwen } from './qwen/index.ts'
import { providersOf, type Providers } from './registry.ts'

export const providers = Object.freeze({ claude, gemini, openai, qwen } satisfies Record<string, Provider>)
export type ShippedServiceType = keyof typeof providers
export const serviceTypes = Object.keys(providers) as ShippedServiceType[]

/** What a gateway knows that is not told otherwise. */
export const shippedProviders: Providers = providersOf(Object.values<Provider>(providers))
