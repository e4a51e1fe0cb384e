// Usage as vendors report it, priced by hand: one row for each shape of each wire. Where peers got a bill wrong, it is their case, with
// the vendor's own figures. Prices are those of the catalogue's first period, in USD per million tokens, in the comment of each row.
import { assert, printDecimal } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { accountProtocols, type AccountProtocolId } from '../protocols/index.ts'
import type { ShippedServiceType } from '../providers/index.ts'
import { findModel, shippedCatalogue } from './catalogue.ts'
import { costNanoUsd } from './cost.ts'

interface Row {
  why: string
  model: `${ShippedServiceType}/${string}`
  usage: Record<string, unknown>
  /** Members of the answer beside its usage. */
  beside?: Record<string, unknown>
  usd: string
}

const messages: Row[] = [
  {
    // 3 × 3 + 12,304 × 3.75 + 550 × 15, as Anthropic's own console showed it.
    why: 'what is written to the cache is not plain input as well (litellm#9812)',
    model: 'claude/claude-3-7-sonnet',
    usage: {
      input_tokens: 3,
      cache_creation_input_tokens: 12_304,
      cache_read_input_tokens: 0,
      output_tokens: 550,
    },
    usd: '0.054399',
  },
  {
    // 10 × 5 + 66,360 × 0.5 + 32,435 × 6.25 + 5,120 × 25; thinking is inside the output.
    why: 'cached tokens cost what the cache costs (litellm#11364)',
    model: 'claude/claude-opus-4-5',
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 32_435,
      cache_read_input_tokens: 66_360,
      output_tokens: 5120,
      output_tokens_details: { thinking_tokens: 1710 },
    },
    usd: '0.36394875',
  },
  {
    // 13,646 × 5 + 15,108 × 0.5 + 10,769 × 6.25 + 24 × 25.
    why: 'input excludes what was read from the cache (sub2api#2944)',
    model: 'claude/claude-opus-4-5',
    usage: {
      input_tokens: 13_646,
      cache_creation_input_tokens: 10_769,
      cache_read_input_tokens: 15_108,
      output_tokens: 24,
    },
    usd: '0.14369025',
  },
  {
    // 9,634 × 10: an hour costs twice the input, five minutes 1.25 times.
    why: 'a cache of an hour is dearer than one of five minutes (litellm#36762)',
    model: 'claude/claude-opus-4-8',
    usage: {
      input_tokens: 0,
      cache_creation_input_tokens: 9634,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 9634 },
      output_tokens: 0,
    },
    usd: '0.09634',
  },
  {
    // 463,184 × 10, not as much again for five minutes.
    why: 'a split that says more than the sum is cut to it (sub2api#6125)',
    model: 'claude/claude-opus-4-5',
    usage: {
      input_tokens: 0,
      cache_creation_input_tokens: 463_184,
      cache_creation: { ephemeral_5m_input_tokens: 463_184, ephemeral_1h_input_tokens: 463_184 },
      output_tokens: 0,
    },
    usd: '4.63184',
  },
  {
    // 100 × 3 + (700 written + 200 of unknown life) × 3.75 + 200 × 0.3 + 10 × 15.
    why: 'what the split leaves out was written too (claude-relay-service#1081)',
    model: 'claude/claude-sonnet-4-5',
    usage: {
      input_tokens: 100,
      cache_creation_input_tokens: 900,
      cache_creation: { ephemeral_5m_input_tokens: 700, ephemeral_1h_input_tokens: 0 },
      cache_read_input_tokens: 200,
      output_tokens: 10,
    },
    usd: '0.003885',
  },
  {
    // 1,000 × 3 + 500 × 15, and three searches at a cent each.
    why: 'searches are billed apiece',
    model: 'claude/claude-sonnet-4-5',
    usage: {
      input_tokens: 1000,
      output_tokens: 500,
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 2 },
    },
    usd: '0.0405',
  },
  {
    // Half of 1,000 × 3 + 500 × 15.
    why: 'a batch costs half',
    model: 'claude/claude-sonnet-4-5',
    usage: { input_tokens: 1000, output_tokens: 500, service_tier: 'batch' },
    usd: '0.00525',
  },
  {
    // Twice 1,000 × 4 + 500 × 20.
    why: 'the fast mode costs double',
    model: 'claude/claude-opus-5-5',
    usage: { input_tokens: 1000, output_tokens: 500, service_tier: 'standard', speed: 'fast' },
    usd: '0.028',
  },
]

const residency: Row[] = [
  {
    // 1.1 × (1,000 × 5 + 2,000 × 0.5 + 500 × 25).
    why: 'data that stay in the US cost a tenth more, cached ones too',
    model: 'claude/claude-opus-4-6',
    usage: { input_tokens: 1000, cache_read_input_tokens: 2000, output_tokens: 500, inference_geo: 'us' },
    usd: '0.02035',
  },
  {
    // The same without it.
    why: 'and nothing more elsewhere',
    model: 'claude/claude-opus-4-6',
    usage: { input_tokens: 1000, cache_read_input_tokens: 2000, output_tokens: 500, inference_geo: 'global' },
    usd: '0.0185',
  },
]

const chat: Row[] = [
  {
    // (2,006 − 1,920) × 2.5 + 1,920 × 1.25 + 300 × 10.
    why: 'the prompt includes what was cached (litellm#6215)',
    model: 'openai/gpt-4o',
    usage: {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
    usd: '0.005615',
  },
  {
    // (9,126 − 4,864) × 1.25 + 4,864 × 0.125 + 3,197 × 10: reasoning is inside the completion.
    why: 'reasoning is not billed beside the completion (litellm#15945)',
    model: 'openai/gpt-5',
    usage: {
      prompt_tokens: 9126,
      completion_tokens: 3197,
      prompt_tokens_details: { cached_tokens: 4864 },
      completion_tokens_details: { reasoning_tokens: 2048 },
    },
    usd: '0.0379055',
  },
  {
    // 100 × 2.5 + 400 × 32 + 50 × 10 + 250 × 64.
    why: 'audio has prices of its own, both ways',
    model: 'openai/gpt-audio',
    usage: {
      prompt_tokens: 500,
      completion_tokens: 300,
      prompt_tokens_details: { audio_tokens: 400, cached_tokens: 0 },
      completion_tokens_details: { audio_tokens: 250 },
    },
    usd: '0.02955',
  },
  {
    // The request's tier is a wish, the answer's is the bill: 1,000 × 1.25 + 100 × 10.
    why: 'the tier that served is what counts (litellm#31837)',
    model: 'openai/gpt-5.1',
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    beside: { service_tier: 'default' },
    usd: '0.00225',
  },
  {
    // Half of it.
    why: 'flex costs half (litellm#13810)',
    model: 'openai/gpt-5.1',
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    beside: { service_tier: 'flex' },
    usd: '0.001125',
  },
  {
    // Twice it, reasoning too.
    why: 'priority costs double, reasoning included (litellm#35925)',
    model: 'openai/gpt-5.1',
    usage: { prompt_tokens: 1000, completion_tokens: 100, completion_tokens_details: { reasoning_tokens: 90 } },
    beside: { service_tier: 'priority' },
    usd: '0.0045',
  },
  {
    // 150,383 − 149,936 = 447 × 0.2 + 149,936 × 0.02 + 304 × 1.2.
    why: 'almost everything cached (litellm#22984)',
    model: 'openai/gpt-5.6-luna',
    usage: { prompt_tokens: 150_383, completion_tokens: 304, prompt_tokens_details: { cached_tokens: 149_936 } },
    usd: '0.00345292',
  },
  {
    // All classes of 272,000 tokens: (272,000 − 200,000) × 0.4 + 200,000 × 0.04 + 10 × 1.8.
    why: 'a long context changes the price of all classes (new-api#6064)',
    model: 'openai/gpt-5.6-luna',
    usage: { prompt_tokens: 272_000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 200_000 } },
    usd: '0.036818',
  },
  {
    // One token below: (271,999 − 200,000) × 0.2 + 200,000 × 0.02 + 10 × 1.2.
    why: 'and not one token earlier',
    model: 'openai/gpt-5.6-luna',
    usage: { prompt_tokens: 271_999, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 200_000 } },
    usd: '0.0184118',
  },
  {
    // All of it is cached: no part is more than the whole, and nothing is negative. 56,322 × 0.125 + 87 × 10.
    why: 'more cached than there is never makes a bill negative (new-api#5005)',
    model: 'openai/gpt-5.1',
    usage: { prompt_tokens: 56_322, completion_tokens: 87, prompt_tokens_details: { cached_tokens: 72_960 } },
    usd: '0.00791025',
  },
  {
    // (2,000 − 1,500 − 400) × 0.5 + 1,500 × 0.1 + 400 × 0.625 + 100 × 3.
    why: 'what was found in the implicit cache costs a fifth',
    model: 'qwen/qwen3.6-plus',
    usage: {
      prompt_tokens: 2000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 1500, cache_creation_input_tokens: 400 },
    },
    usd: '0.00075',
  },
  {
    // 100 × 0.5 + 1,500 × 0.05 + 400 × 0.625 + 100 × 3.
    why: 'and what was found in the explicit cache a tenth (litellm#40090)',
    model: 'qwen/qwen3.6-plus',
    usage: {
      prompt_tokens: 2000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 1500, cache_creation_input_tokens: 400, cache_type: 'ephemeral' },
    },
    usd: '0.000675',
  },
  {
    // 1,000 × 0.4 + 300 × 4: the whole output of an answer that reasoned.
    why: 'an answer that reasoned is dearer as a whole',
    model: 'qwen/qwen-plus',
    usage: { prompt_tokens: 1000, completion_tokens: 300, completion_tokens_details: { reasoning_tokens: 1 } },
    usd: '0.0016',
  },
]

const responses: Row[] = [
  {
    // 9,984 × 0.25 + 834 × 0.2 + 8 × 1.2.
    why: 'what was written to the cache costs a quarter more (litellm#33772, sub2api#4712)',
    model: 'openai/gpt-5.6-luna',
    usage: {
      input_tokens: 10_818,
      output_tokens: 8,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 9984 },
    },
    usd: '0.0026724',
  },
  {
    // 834 × 0.2 + 9,984 × 0.02 + 8 × 1.2.
    why: 'and reading it a tenth (new-api#6892)',
    model: 'openai/gpt-5.6-luna',
    usage: {
      input_tokens: 10_818,
      output_tokens: 8,
      input_tokens_details: { cached_tokens: 9984, cache_write_tokens: 0 },
    },
    usd: '0.00037608',
  },
  {
    // 4,000 × 0.25 + 6,000 × 0.5 + 818 × 0.2.
    why: 'a cache of half a day is dearer than one of half an hour',
    model: 'openai/gpt-5.6-luna',
    usage: {
      input_tokens: 10_818,
      output_tokens: 0,
      input_tokens_details: {
        cached_tokens: 0,
        cache_write_tokens: 10_000,
        cache_write_tokens_details: { ttl_30m_tokens: 4000, ttl_12h_tokens: 6000 },
      },
    },
    usd: '0.0041636',
  },
]

const gemini: Row[] = [
  {
    // Above 200,000: (262,960 − 257,955) × 2.5 + 257,955 × 0.25 + 1,744 × 15.
    why: 'hits of the cache are counted once, at the price of the long context (litellm#14849)',
    model: 'gemini/gemini-2.5-pro',
    usage: { promptTokenCount: 262_960, cachedContentTokenCount: 257_955, candidatesTokenCount: 1744 },
    usd: '0.10316125',
  },
  {
    // 1,000 × 1.25 + (200 + 800) × 10.
    why: 'thoughts stand beside the candidates and cost the same',
    model: 'gemini/gemini-2.5-pro',
    usage: { promptTokenCount: 1000, candidatesTokenCount: 200, thoughtsTokenCount: 800, totalTokenCount: 2000 },
    usd: '0.01125',
  },
  {
    // (1,000 + 500) × 0.3 + 100 × 2.5.
    why: 'what tools brought into the prompt is input beside it',
    model: 'gemini/gemini-2.5-flash',
    usage: { promptTokenCount: 1000, toolUsePromptTokenCount: 500, candidatesTokenCount: 100 },
    usd: '0.0007',
  },
  {
    // 200 × 0.3 + 800 × 1.0 + 100 × 2.5.
    why: 'spoken input has its price',
    model: 'gemini/gemini-2.5-flash',
    usage: {
      promptTokenCount: 1000,
      candidatesTokenCount: 100,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 200 },
        { modality: 'AUDIO', tokenCount: 800 },
      ],
    },
    usd: '0.00111',
  },
  {
    // 10 × 0.3 + 1,290 × 30.
    why: 'a drawn image has its price',
    model: 'gemini/gemini-2.5-flash-image',
    usage: {
      promptTokenCount: 10,
      candidatesTokenCount: 1290,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    },
    usd: '0.038703',
  },
  {
    // 1.8 × (1,000 × 1.5 + (1 + 159) × 9).
    why: 'priority costs 80 % more, thoughts included (litellm#35925)',
    model: 'gemini/gemini-3.5-flash',
    usage: {
      promptTokenCount: 1000,
      candidatesTokenCount: 1,
      thoughtsTokenCount: 159,
      serviceTier: 'priority',
    },
    usd: '0.005292',
  },
]

const grounded = { groundingMetadata: { webSearchQueries: ['a', 'b', 'c'] } }
gemini.push(
  {
    // 1,000 × 0.3 + 100 × 2.5, and 35 $ for a thousand prompts that searched.
    why: 'before Gemini 3 a prompt that searched is billed once, however often it did',
    model: 'gemini/gemini-2.5-flash',
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100 },
    beside: grounded,
    usd: '0.03555',
  },
  {
    // 1,000 × 1.5 + 100 × 9, and 14 $ for a thousand searches.
    why: 'since then each of its searches',
    model: 'gemini/gemini-3.5-flash',
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100 },
    beside: grounded,
    usd: '0.0444',
  },
)

const embeddings: Row[] = [
  {
    // 5 × 0.02 = 0.1 millionths of a dollar.
    why: 'an embedding costs its prompt',
    model: 'openai/text-embedding-3-small',
    usage: { prompt_tokens: 5, total_tokens: 5 },
    usd: '0.0000001',
  },
]

const bodies: Record<string, (row: Row) => object> = {
  anthropic: ({ usage }) => ({ type: 'message', role: 'assistant', content: [{ type: 'text', text: 'x' }], usage }),
  'openai-chat': ({ usage, beside }) => ({
    choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
    usage,
    ...beside,
  }),
  'openai-responses': ({ usage, beside }) => ({
    object: 'response',
    status: 'completed',
    output: [],
    usage,
    ...beside,
  }),
  gemini: ({ usage, beside }) => ({
    candidates: [{ content: { role: 'model', parts: [{ text: 'x' }] }, finishReason: 'STOP', ...beside }],
    usageMetadata: usage,
  }),
  'openai-embeddings': ({ usage }) => ({ object: 'list', data: [{ index: 0, embedding: [0] }], usage }),
}

const wires: [AccountProtocolId, Row[]][] = [
  ['anthropic', [...messages, ...residency]],
  ['openai-chat', chat],
  ['openai-responses', responses],
  ['gemini', gemini],
  ['openai-embeddings', embeddings],
]

test.each(wires.flatMap(([wire, rows]) => rows.map((row) => [wire, row.why, row] as const)))(
  'MO6 %s: %s',
  (wire, _why, row) => {
    const [serviceType, model] = row.model.split('/')
    const known = findModel(shippedCatalogue, serviceType as ShippedServiceType, model ?? '')
    const price = known?.price
    assert(price, `${row.model} has a price`)
    const answer = accountProtocols[wire].readAnswer(Buffer.from(JSON.stringify(bodies[wire]?.(row))))
    assert(answer?.usage, 'the answer names its usage')
    expect(printDecimal(costNanoUsd(answer.usage, price, 0, 0), 9)).toBe(row.usd)
  },
)
