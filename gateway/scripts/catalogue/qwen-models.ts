// Alibaba Cloud's Qwen models in Model Studio. The package has none of them. Prices are those of the international edition
// (Singapore), in USD; mainland accounts pay less and in CNY, so theirs belong with the account. Implicit cache reads cost 20 %
// of the input, explicit ones 10 % and explicit writes 125 %, except where the model's page says otherwise.
import {
  embeddingOnly,
  openToAll,
  type OwnPrice,
  type TableModel,
  type UsdPrice,
  type UsdRates,
  type VendorTable,
} from './table.ts'

const source =
  'https://www.alibabacloud.com/help/en/model-studio/model-pricing (international), https://www.alibabacloud.com/help/en/model-studio/context-cache'
const checkedOn = '2026-11-26'

const all = ['openai-chat', 'openai-responses', 'anthropic']
const text = { ...openToAll, wires: all, takesImages: false }
const coder = text
const hybrid = { ...text, reasoning: 'switch' as const }
const seeing = { ...hybrid, takesImages: true }
/** Thinks whatever it is told, so it cannot be held to a schema. */
const thinkingOnly = { ...text, takesSchema: false }

const million = 1_000_000

interface Step {
  above?: number
  input: number
  output: number
  reasoned?: number
  read?: number
  write?: number
}

/** To six decimals: 0.1 × 1.25 is not exact in binary, and prices are. */
const exact = (usd: number) => Math.round(usd * 1e6) / 1e6

function rates({ input, output, reasoned, read, write }: Step, isCached: boolean): UsdRates {
  return {
    input,
    ...(isCached ? { cacheRead: read ?? exact(input * 0.2), cacheWrite5m: write ?? exact(input * 1.25) } : {}),
    output,
    ...(reasoned === undefined ? {} : { outputReasoned: reasoned }),
  }
}

function price(steps: readonly [Step, ...Step[]], isCached = true): OwnPrice {
  const [first, ...others] = steps
  const longContext = others.map((step) => ({ aboveInputTokens: step.above ?? 0, rates: rates(step, isCached) }))
  return { rates: rates(first, isCached), ...(longContext.length > 0 ? { longContext } : {}), source, checkedOn }
}

/** The same price for requests that mark what is to be cached. */
function marked({ rates: standard, longContext = [] }: UsdPrice): UsdPrice {
  const read = (of: UsdRates): UsdRates => ({ ...of, cacheRead: exact((of.input ?? 0) * 0.1) })
  const long = longContext.map((step) => ({ ...step, rates: read(step.rates) }))
  return { rates: read(standard), ...(long.length > 0 ? { longContext: long } : {}) }
}

function model(
  name: string,
  [contextTokens, outputTokensMax]: readonly [number, number],
  traits: TableModel['traits'],
  modelPrice: OwnPrice,
  rest: Partial<TableModel> = {},
): TableModel {
  const tiers =
    modelPrice.rates.cacheRead === undefined ? {} : { serviceTiers: { 'explicit-cache': marked(modelPrice) } }
  return { model: name, contextTokens, outputTokensMax, traits, price: modelPrice, ...tiers, ...rest }
}

const openModel = [131_072, 16_384] as const
const wide = [million, 65_536] as const
const quarter = [262_144, 65_536] as const

const current: readonly TableModel[] = [
  model('qwen3.8-max', [million, 131_072], seeing, price([{ input: 2, output: 6, read: 0.25 }]), {
    aliases: ['qwen3.8-max-0902'],
  }),
  model('qwen3.8-flash', [million, 131_072], seeing, price([{ input: 0.15, output: 0.47, read: 0.016, write: 0.2 }])),
  model('qwen3.8-27b', [million, 131_072], seeing, price([{ input: 0.5, output: 3, read: 0.1 }])),
  model('qwen3.8-2.4t-a95b', [million, 131_072], thinkingOnly, price([{ input: 2, output: 6, read: 0.25 }])),
  model('qwen3.7-max', [million, 131_072], hybrid, price([{ input: 2.5, output: 7.5 }])),
  model(
    'qwen3.7-plus',
    [million, 131_072],
    seeing,
    price([
      { input: 0.4, output: 1.6 },
      { above: 256_000, input: 1.2, output: 4.8 },
    ]),
  ),
  model(
    'qwen3.7-flash',
    [million, 131_072],
    seeing,
    price([
      { input: 0.03, output: 0.13 },
      { above: 32_000, input: 0.1, output: 0.4 },
      { above: 256_000, input: 0.2, output: 0.8 },
    ]),
  ),
  model(
    'qwen3.6-plus',
    wide,
    seeing,
    price([
      { input: 0.5, output: 3 },
      { above: 256_000, input: 2, output: 6 },
    ]),
  ),
  model(
    'qwen3.6-flash',
    wide,
    seeing,
    price([
      { input: 0.25, output: 1.5 },
      { above: 256_000, input: 1, output: 4 },
    ]),
  ),
  model(
    'qwen3.6-max-preview',
    quarter,
    hybrid,
    price([
      { input: 1.3, output: 7.8 },
      { above: 128_000, input: 2, output: 12 },
    ]),
  ),
  model('qwen3.6-27b', quarter, seeing, price([{ input: 0.6, output: 3.6 }], false)),
  model('qwen3.6-35b-a3b', quarter, seeing, price([{ input: 0.375, output: 2.25 }], false)),
  model(
    'qwen3.5-plus',
    wide,
    seeing,
    price([
      { input: 0.4, output: 2.4 },
      { above: 256_000, input: 0.5, output: 3 },
    ]),
  ),
  model('qwen3.5-flash', wide, seeing, price([{ input: 0.1, output: 0.4 }])),
  model('qwen3.5-397b-a17b', quarter, seeing, price([{ input: 0.6, output: 3.6 }], false)),
  model('qwen3.5-122b-a10b', quarter, seeing, price([{ input: 0.4, output: 3.2 }], false)),
  model('qwen3.5-35b-a3b', quarter, seeing, price([{ input: 0.25, output: 2 }], false)),
  model('qwen3.5-27b', quarter, seeing, price([{ input: 0.3, output: 2.4 }], false)),
  model(
    'qwen3-max',
    quarter,
    hybrid,
    price([
      { input: 1.2, output: 6 },
      { above: 32_000, input: 2.4, output: 12 },
      { above: 128_000, input: 3, output: 15 },
    ]),
    { aliases: ['qwen3-max-preview'] },
  ),
]

const withoutResponses = (row: TableModel): TableModel => {
  return { ...row, traits: { ...row.traits, wires: ['openai-chat', 'anthropic'] } }
}

/** Models that the list of the Responses API lacks ("OpenAI-compatible - Responses", "Supported models"). */
const unlisted: readonly TableModel[] = [
  model(
    'qwen3-coder-plus',
    [1_048_576, 65_536],
    coder,
    price([
      { input: 1, output: 5 },
      { above: 32_000, input: 1.8, output: 9 },
      { above: 128_000, input: 3, output: 15 },
      { above: 256_000, input: 6, output: 60 },
    ]),
  ),
  model(
    'qwen3-coder-flash',
    wide,
    coder,
    price([
      { input: 0.3, output: 1.5 },
      { above: 32_000, input: 0.5, output: 2.5 },
      { above: 128_000, input: 0.8, output: 4 },
      { above: 256_000, input: 1.6, output: 9.6 },
    ]),
  ),
  model(
    'qwen3-coder-next',
    quarter,
    coder,
    price(
      [
        { input: 0.3, output: 1.5 },
        { above: 32_000, input: 0.5, output: 2.5 },
        { above: 128_000, input: 0.8, output: 4 },
      ],
      false,
    ),
  ),
  model(
    'qwen3-vl-plus',
    [262_144, 32_768],
    seeing,
    price([
      { input: 0.2, output: 1.6 },
      { above: 32_000, input: 0.3, output: 2.4 },
      { above: 128_000, input: 0.6, output: 4.8 },
    ]),
  ),
  model(
    'qwen3-vl-flash',
    [262_144, 32_768],
    seeing,
    price([
      { input: 0.05, output: 0.4 },
      { above: 32_000, input: 0.075, output: 0.6 },
      { above: 128_000, input: 0.12, output: 0.96 },
    ]),
  ),
  model('qwen3-235b-a22b', openModel, hybrid, price([{ input: 0.7, output: 2.8, reasoned: 8.4 }], false)),
  model('qwen3-32b', openModel, hybrid, price([{ input: 0.7, output: 2.8, reasoned: 8.4 }], false)),
  model('qwen3-14b', [131_072, 8192], hybrid, price([{ input: 0.35, output: 1.4, reasoned: 4.2 }], false)),
  model('qwen3-8b', [131_072, 8192], hybrid, price([{ input: 0.18, output: 0.7, reasoned: 2.1 }], false)),
  model('qwen3-next-80b-a3b-instruct', [131_072, 32_768], text, price([{ input: 0.5, output: 2 }], false)),
  model('qwen3-next-80b-a3b-thinking', [131_072, 32_768], thinkingOnly, price([{ input: 0.5, output: 6 }], false)),
].map(withoutResponses)

const listedOlder: ReadonlySet<string> = new Set(['qwen-plus', 'qwen-flash'])

/** Their snapshots are of several generations with several prices; only those that share the price are listed. */
const older: readonly TableModel[] = [
  model('qwen-max', [32_768, 8192], text, price([{ input: 1.6, output: 6.4 }]), {
    aliases: ['qwen-max-latest', 'qwen-max-2025-01-25'],
  }),
  model(
    'qwen-plus',
    [million, 32_768],
    hybrid,
    price([
      { input: 0.4, output: 1.2, reasoned: 4 },
      { above: 256_000, input: 1.2, output: 3.6, reasoned: 12 },
    ]),
    { aliases: ['qwen-plus-latest', 'qwen-plus-2025-07-28', 'qwen-plus-2025-09-11', 'qwen-plus-2025-12-01'] },
  ),
  model(
    'qwen-flash',
    [million, 32_768],
    hybrid,
    price([
      { input: 0.05, output: 0.4 },
      { above: 256_000, input: 0.25, output: 2 },
    ]),
    { aliases: ['qwen-flash-2025-07-28'] },
  ),
  model('qwen-turbo', [million, 16_384], hybrid, price([{ input: 0.05, output: 0.2, reasoned: 0.5 }]), {
    aliases: ['qwen-turbo-latest', 'qwen-turbo-2025-04-28'],
  }),
  model('qwen-vl-max', [131_072, 8192], { ...text, takesImages: true }, price([{ input: 0.8, output: 3.2 }]), {
    aliases: ['qwen-vl-max-latest', 'qwen-vl-max-2025-08-13', 'qwen-vl-max-2025-04-08'],
  }),
  model('qwen-vl-plus', [131_072, 8192], { ...text, takesImages: true }, price([{ input: 0.21, output: 0.63 }]), {
    aliases: ['qwen-vl-plus-latest', 'qwen-vl-plus-2025-08-15', 'qwen-vl-plus-2025-05-07'],
  }),
  model('qwq-plus', [131_072, 8192], thinkingOnly, price([{ input: 0.8, output: 2.4 }], false), {
    aliases: ['qwq-plus-latest', 'qwq-plus-2025-03-05'],
  }),
].map((row) => ({ ...(listedOlder.has(row.model) ? row : withoutResponses(row)), coversSnapshots: false }))

const embeddings: readonly TableModel[] = [
  ['qwen3.7-text-embedding', 128_000] as const,
  ['text-embedding-v4', 8192] as const,
  ['text-embedding-v3', 8192] as const,
].map(([name, contextTokens]): TableModel => ({
  model: name,
  kind: 'embedding',
  coversSnapshots: false,
  contextTokens,
  outputTokensMax: 0,
  traits: { ...embeddingOnly, wires: ['openai-embeddings'] },
  price: {
    rates: { input: 0.07 },
    source: 'https://www.alibabacloud.com/help/en/model-studio/text-embedding-synchronous-api (Singapore)',
    checkedOn,
  },
}))

export const qwenTable: VendorTable = {
  serviceType: 'qwen',
  packageProvider: undefined,
  cacheWrite: 'cacheWrite5m',
  webSearchUsd: undefined,
  models: [...current, ...unlisted, ...older, ...embeddings],
}
