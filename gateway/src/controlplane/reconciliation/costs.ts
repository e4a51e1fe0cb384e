// Costs of rows against the prices that they name. A price that is not kept (an account's own, which has changed since) cannot be
// looked up, nor the terms of an enterprise before its last change: such rows are passed over and counted.
import { parseDecimal } from '@aicarpool/contract'
import type { PriceView } from '../../core/pricing/cost.ts'
import { findModel } from '../../core/pricing/catalogue.ts'
import type { Catalogue } from '../../core/pricing/parse-catalogue.ts'
import type { Database } from '../../platform/database/database.ts'
import { recomputeCost } from './recompute-cost.ts'

export interface Finding {
  check: string
  subject: string
  expected: string
  found: string
}

export interface CheckedCosts {
  rows: number
  passedOver: number
  findings: Finding[]
}

interface UsageRow {
  id: string
  /** The primary key, in the order in which pages follow each other. */
  at: string
  request_id: string
  attempt: number
  service_type: string
  model_used: string
  price_version: string
  usage_source: string
  cost: string
  discount: number
  fixed: string
  counts: (bigint | string)[]
  details: {
    imageInputTokens?: number
    imageOutputTokens?: number
    webSearches?: number
    webFetches?: number
    serviceTier?: string
  } | null
}

/** Small pages: the embedded database has one connection, and settling must not wait for it. */
const pageRows = 500
const findingsMax = 100
const nanoScale = 9
const firstId = '00000000-0000-0000-0000-000000000000'

const page = `
  SELECT u.id, u.request_id::text AS request_id, u.attempt, to_char(u.request_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, u.service_type, u.model_used, u.price_version,
    u.usage_source, u.cost::text AS cost, e.discount_basis_points AS discount, e.fixed_call_cost::text AS fixed,
    ARRAY[u.input_tokens, u.cache_read_tokens, u.cache_write_5m_tokens, u.cache_write_30m_tokens, u.cache_write_1h_tokens,
      u.cache_write_12h_tokens, u.output_tokens, u.reasoning_tokens, u.audio_input_tokens, u.audio_output_tokens]::int8[] AS counts,
    u.usage_details AS details
  FROM usage_stats u JOIN enterprises e ON e.id = u.enterprise_id
  WHERE (u.request_time, u.request_id, u.attempt) > ($1::timestamptz, $2::uuid, $3::int2) AND u.price_version IS NOT NULL AND u.usage_source IN ('reported', 'partial', 'estimated')
    AND e.updated_at < u.request_time
  ORDER BY u.request_time, u.request_id, u.attempt LIMIT ${pageRows}`

/** `catalogues`: every price file that was ever in force. */
export async function checkCosts(
  database: Database,
  since: Date,
  catalogues: readonly Catalogue[],
  rowsMax = Number.POSITIVE_INFINITY,
): Promise<CheckedCosts> {
  const checked: CheckedCosts = { rows: 0, passedOver: 0, findings: [] }
  let after = { at: since.toISOString(), requestId: firstId, attempt: -1 }
  for (;;) {
    const { rows } = await database.query<UsageRow>(page, [after.at, after.requestId, after.attempt])
    for (const row of rows) checkRow(row, catalogues, checked)
    const last = rows.at(-1)
    const isEnough = checked.rows + checked.passedOver >= rowsMax || checked.findings.length >= findingsMax
    if (!last || rows.length < pageRows || isEnough) return checked
    after = { at: last.at, requestId: last.request_id, attempt: last.attempt }
  }
}

function checkRow(row: UsageRow, catalogues: readonly Catalogue[], checked: CheckedCosts): void {
  const price = priceOf(row, catalogues)
  if (!price) {
    checked.passedOver += 1
    return
  }
  checked.rows += 1
  const counts = row.counts.map(BigInt)
  const [input = 0n, cacheRead = 0n, write5m = 0n, write30m = 0n, write1h = 0n, write12h = 0n] = counts
  const [output = 0n, reasoning = 0n, audioInput = 0n, audioOutput = 0n] = counts.slice(6)
  const {
    imageInputTokens = 0,
    imageOutputTokens = 0,
    webSearches = 0,
    webFetches = 0,
    serviceTier,
  } = row.details ?? {}
  const expected = recomputeCost(
    {
      input,
      cacheRead,
      cacheWrite5m: write5m,
      cacheWrite30m: write30m,
      cacheWrite1h: write1h,
      cacheWrite12h: write12h,
      output,
      reasoning,
      audioInput,
      audioOutput,
      imageInput: BigInt(imageInputTokens),
      imageOutput: BigInt(imageOutputTokens),
      webSearches: BigInt(webSearches),
      webFetches: BigInt(webFetches),
      serviceTier,
    },
    price,
    BigInt(parseDecimal(row.fixed, nanoScale) ?? 0),
    BigInt(row.discount),
  )
  const found = BigInt(parseDecimal(row.cost, nanoScale) ?? -1)
  if (found === expected) return
  checked.findings.push({
    check: 'costs',
    subject: row.id,
    expected: `${expected} nano-USD`,
    found: `${found} nano-USD`,
  })
}

function priceOf(
  { service_type: type, model_used: model, price_version: version }: UsageRow,
  catalogues: readonly Catalogue[],
): PriceView | undefined {
  for (const catalogue of catalogues) {
    const known = findModel(catalogue, type, model)
    const price =
      known && [known.price, ...known.laterPrices.map((later) => later.price)].find((each) => each.version === version)
    if (price) return price
  }
  return undefined
}
