// What a new AI account must say: the PRD's CreateAiAccountRequest and what routing wants to know besides.
// Owns the shape and its limits; accounts.ts owns the rules that need more than the fields.
import { parseDecimal, serviceType } from '@aicarpool/contract'
import { z } from 'zod'
import { rateMaxPicoUsd } from '../../core/pricing/cost.ts'
import { parseOwnPrices } from '../../core/pricing/own-prices.ts'

const nameLengthMax = 100
const modelNameLengthMax = 200
/** The largest catalogue of one vendor has a few hundred. */
const modelsMax = 1000
const endpointLengthMax = 500
/** Service-account documents are the longest credentials in use, at 2–3 KB. */
const apiKeyLengthMax = 8192
const tokensMax = Number.MAX_SAFE_INTEGER
const weightMax = 10_000
const priorityMax = 1_000_000
const concurrencyMax = 100_000
const costPerTokenDecimals = 12

const modelName = z.string().trim().min(1).max(modelNameLengthMax)
const rate = z.int().min(1).max(tokensMax).optional()

export const newAccount = z.strictObject({
  name: z.string().trim().min(1).max(nameLengthMax),
  serviceType,
  accountType: z.enum(['dedicated', 'shared']),
  /** Visible ASCII only: anything else could not be sent as a header, or would end one. */
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be the key alone, without spaces')
    .max(apiKeyLengthMax),
  /** Absent: the vendor's own. A path is kept and put before the vendor's paths. */
  apiEndpoint: z.url().max(endpointLengthMax).optional(),
  supportedModels: z.array(modelName).max(modelsMax),
  /** Absent: the first supported model. */
  currentModel: modelName.optional(),
  /** Tokens a day; null, or absent, is unlimited. */
  dailyLimit: z.int().min(0).max(tokensMax).nullable().default(null),
  /** USD as a decimal text. Absent: the price list's classes of tokens. */
  costPerToken: z
    .string()
    .refine((text) => parseDecimal(text, costPerTokenDecimals) !== undefined, 'must be a decimal number of USD')
    .refine((text) => (parseDecimal(text, costPerTokenDecimals) ?? 0) <= rateMaxPicoUsd, 'is more than any token costs')
    .optional(),
  /** Model → its price as price files have it; it comes before `costPerToken` and the price list. */
  modelPrices: z
    .record(modelName, z.unknown())
    .superRefine((prices, context) => {
      for (const problem of parseOwnPrices(prices, '').problems) context.addIssue({ code: 'custom', message: problem })
    })
    .optional(),
  /** Accounts of one organisation share its capacity. */
  organisation: z.string().trim().min(1).max(nameLengthMax).optional(),
  /** Accounts of one domain share the vendor's prompt cache. */
  cacheDomain: z.string().trim().min(1).max(nameLengthMax).optional(),
  weight: z.int().min(0).max(weightMax).optional(),
  /** Smaller is used first. */
  priority: z.int().min(0).max(priorityMax).optional(),
  maxConcurrency: z.int().min(1).max(concurrencyMax).optional(),
  requestsPerMinute: z.int().min(1).max(concurrencyMax).optional(),
  inputTokensPerMinute: rate,
  outputTokensPerMinute: rate,
})
export type NewAccount = z.input<typeof newAccount>
export type CheckedAccount = z.output<typeof newAccount>
