// The vendors by service type. The one place that knows them all.
import type { ServiceType } from '@aicarpool/contract'
import { claude } from './claude/index.ts'
import { gemini } from './gemini/index.ts'
import { openai } from './openai/index.ts'
import type { Provider } from './provider.ts'
import { qwen } from './qwen/index.ts'

export const providers: Readonly<Record<ServiceType, Provider>> = Object.freeze({ claude, gemini, openai, qwen })
