// DeepSeek's entries in the catalogue, in the form of catalogue.json (DeepSeek API documentation, "Models & Pricing", "Thinking
// Mode").

const traits = {
  reasoning: 'effort',
  efforts: ['high', 'max'],
  takesSampling: true,
  takesImages: false,
  takesTools: true,
  takesSchema: false,
  takesStop: true,
  takesPrefill: false,
}
const common = {
  serviceType: 'deepseek',
  kind: 'chat',
  coversSnapshots: false,
  contextTokens: 1_000_000,
  outputTokensMax: 384_000,
  traits,
}

export const deepseekModels = [
  {
    ...common,
    model: 'deepseek-v4-pro',
    aliases: [],
    prices: [{ rates: { input: '0.435', cacheRead: '0.003625', output: '0.87' } }],
  },
  {
    ...common,
    model: 'deepseek-v4-flash',
    aliases: ['deepseek-chat', 'deepseek-reasoner'],
    prices: [{ rates: { input: '0.14', cacheRead: '0.0028', output: '0.28' } }],
  },
]
