// Settings and first calls for clients, as text to paste. Pure: the page hands in its own origin, the key and the
// models of the group. Which environment variables a tool reads comes from its own documentation, named below.

export const placeholderKey = 'YOUR_GATEWAY_KEY'
const placeholderGroup = 'YOUR_GROUP_ID'

export interface SnippetContext {
  /** Scheme, host and port of the gateway, without a slash at the end. */
  origin: string
  apiKey: string | undefined
  groupId: string | undefined
  models: readonly string[]
}

export const snippetIds = [
  'curl-chat',
  'curl-completions',
  'curl-messages',
  'sdk-openai-python',
  'sdk-openai-node',
  'sdk-anthropic-python',
  'sdk-anthropic-node',
  'claude-code',
  'qwen-code',
] as const
export type SnippetId = (typeof snippetIds)[number]

/** What a client is built for, best first. The first model of the group that fits is used, else the first of all. */
const openAiModels = [/^gpt-/, /^o\d/, /^qwen/] as const
const anthropicModels = [/^claude-.*sonnet/, /^claude-/] as const
const qwenModels = [/^qwen.*coder/, /^qwen/, /^gpt-/] as const

function pick(models: readonly string[], preferences: readonly RegExp[], otherwise: string): string {
  for (const preference of preferences) {
    const found = models.find((model) => preference.test(model))
    if (found !== undefined) return found
  }
  return models[0] ?? otherwise
}

interface Filled {
  origin: string
  key: string
  group: string
  anyModel: string
  openAiModel: string
  anthropicModel: string
  qwenModel: string
}

const builders: Record<SnippetId, (filled: Filled) => string> = {
  'curl-chat': ({ origin, key, group, anyModel }) => `curl ${origin}/api/ai/chat \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "groupId": "${group}",
    "model": "${anyModel}",
    "messages": [{ "role": "user", "content": "Hello" }]
  }'`,
  'curl-completions': ({ origin, key, openAiModel }) => `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${openAiModel}",
    "messages": [{ "role": "user", "content": "Hello" }]
  }'`,
  'curl-messages': ({ origin, key, anthropicModel }) => `curl ${origin}/v1/messages \\
  -H "x-api-key: ${key}" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${anthropicModel}",
    "max_tokens": 256,
    "messages": [{ "role": "user", "content": "Hello" }]
  }'`,
  // OpenAI SDKs read OPENAI_API_KEY and OPENAI_BASE_URL (READMEs of openai-python and openai-node); the address ends in /v1.
  'sdk-openai-python': ({ origin, key, openAiModel }) => `# pip install openai
# export OPENAI_API_KEY=${key}
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1")
answer = client.chat.completions.create(
    model="${openAiModel}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
  'sdk-openai-node': ({ origin, key, openAiModel }) => `// npm install openai
// export OPENAI_API_KEY=${key}
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${origin}/v1' })
const answer = await client.chat.completions.create({
  model: '${openAiModel}',
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.choices[0].message.content)`,
  // Anthropic SDKs read ANTHROPIC_API_KEY (READMEs of anthropic-sdk-python and -typescript) and add /v1 themselves.
  'sdk-anthropic-python': ({ origin, key, anthropicModel }) => `# pip install anthropic
# export ANTHROPIC_API_KEY=${key}
from anthropic import Anthropic

client = Anthropic(base_url="${origin}")
answer = client.messages.create(
    model="${anthropicModel}",
    max_tokens=256,
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.content[0].text)`,
  'sdk-anthropic-node': ({ origin, key, anthropicModel }) => `// npm install @anthropic-ai/sdk
// export ANTHROPIC_API_KEY=${key}
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: '${origin}' })
const answer = await client.messages.create({
  model: '${anthropicModel}',
  max_tokens: 256,
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.content[0].text)`,
  // Claude Code documentation, "LLM gateway configuration": the address without /v1, the token as a bearer.
  'claude-code': ({ origin, key, anthropicModel }) => `export ANTHROPIC_BASE_URL=${origin}
export ANTHROPIC_AUTH_TOKEN=${key}
export ANTHROPIC_MODEL=${anthropicModel}
claude`,
  // Qwen Code documentation, "OpenAI authentication".
  'qwen-code': ({ origin, key, qwenModel }) => `export OPENAI_BASE_URL=${origin}/v1
export OPENAI_API_KEY=${key}
export OPENAI_MODEL=${qwenModel}
qwen`,
}

export function buildSnippet(id: SnippetId, { origin, apiKey, groupId, models }: SnippetContext): string {
  return builders[id]({
    origin,
    key: apiKey ?? placeholderKey,
    group: groupId ?? placeholderGroup,
    anyModel: pick(models, [], 'gpt-4o-mini'),
    openAiModel: pick(models, openAiModels, 'gpt-4o-mini'),
    anthropicModel: pick(models, anthropicModels, 'claude-sonnet-4-5'),
    qwenModel: pick(models, qwenModels, 'qwen3-coder-plus'),
  })
}

/** The key as it may be shown on a screen: recognisable, not usable. */
export function maskKey(apiKey: string): string {
  const shownStart = apiKey.startsWith('aicp_') ? 5 : 0
  return `${apiKey.slice(0, shownStart)}••••••••${apiKey.slice(-4)}`
}
