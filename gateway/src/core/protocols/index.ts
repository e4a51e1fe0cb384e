// The protocols by id: those that clients speak to us, and those that accounts speak.
import { aiChatClient } from './ai-chat/index.ts'
import { anthropicAccount, anthropicClient } from './anthropic/index.ts'
import { geminiAccount } from './gemini/index.ts'
import { openAiChatAccount, openAiChatClient } from './openai-chat/index.ts'
import type { AccountProtocol, AccountProtocolId, ClientProtocol, ClientProtocolId } from './protocol.ts'

export const clientProtocols: Readonly<Record<ClientProtocolId, ClientProtocol>> = Object.freeze({
  'openai-chat': openAiChatClient,
  anthropic: anthropicClient,
  'ai-chat': aiChatClient,
})

export const accountProtocols: Readonly<Record<AccountProtocolId, AccountProtocol>> = Object.freeze({
  'openai-chat': openAiChatAccount,
  anthropic: anthropicAccount,
  gemini: geminiAccount,
})
