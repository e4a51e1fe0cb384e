// The protocols by id: those that clients speak to us, and those that accounts speak.
import { aiChatClient } from './ai-chat/index.ts'
import { anthropicAccount, anthropicClient } from './anthropic/index.ts'
import { geminiEmbeddingsAccounts, geminiEmbeddingsClients } from './gemini-embeddings/index.ts'
import { geminiAccount, geminiArrayClient, geminiClient } from './gemini/index.ts'
import { openAiChatAccount, openAiChatClient } from './openai-chat/index.ts'
import { openAiEmbeddingsAccount, openAiEmbeddingsClient } from './openai-embeddings/index.ts'
import { openAiResponsesAccount, openAiResponsesClient } from './openai-responses/index.ts'
import type { AccountProtocol, ClientProtocol } from './protocol.ts'

export const clientProtocols = Object.freeze({
  'openai-chat': openAiChatClient,
  'openai-responses': openAiResponsesClient,
  anthropic: anthropicClient,
  gemini: geminiClient,
  'gemini-array': geminiArrayClient,
  'openai-embeddings': openAiEmbeddingsClient,
  ...geminiEmbeddingsClients,
  'ai-chat': aiChatClient,
} satisfies Record<string, ClientProtocol>)

export const accountProtocols = Object.freeze({
  'openai-chat': openAiChatAccount,
  'openai-responses': openAiResponsesAccount,
  anthropic: anthropicAccount,
  gemini: geminiAccount,
  'openai-embeddings': openAiEmbeddingsAccount,
  ...geminiEmbeddingsAccounts,
} satisfies Record<string, AccountProtocol>)
export type AccountProtocolId = keyof typeof accountProtocols
