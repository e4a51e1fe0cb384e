// The vendors' SDKs and the AI SDK, by each of their ways to the gateway.
import { sdkClient } from './sdk-client.ts'

const openAiSetup = (call: string) => `\`\`\`js
const client = new OpenAI({ baseURL: 'http://127.0.0.1:4000/v1', apiKey: 'aicp_…' })
${call}
\`\`\``

const anthropicSetup = `\`\`\`js
const client = new Anthropic({ baseURL: 'http://127.0.0.1:4000', apiKey: 'aicp_…' })
\`\`\``

const aiSdkSetup = (line: string) => `\`\`\`js
${line}
\`\`\``

export const sdks = [
  sdkClient({
    folder: 'openai-sdk',
    variant: 'chat',
    title: 'openai, Chat Completions',
    packageName: 'openai',
    native: 'openai',
    setup: openAiSetup("client.chat.completions.create({ model: 'gpt-5.1', messages })"),
  }),
  sdkClient({
    folder: 'openai-sdk',
    variant: 'responses',
    title: 'openai, Responses',
    packageName: 'openai',
    native: 'openai',
    setup: openAiSetup("client.responses.create({ model: 'gpt-5.1', input })"),
  }),
  sdkClient({
    folder: 'anthropic-sdk',
    variant: '2026-10-21',
    title: '@anthropic-ai/sdk 1, API version 2026-10-21',
    packageName: '@anthropic-ai/sdk',
    native: 'claude',
    setup: anthropicSetup,
  }),
  sdkClient({
    folder: 'anthropic-sdk',
    variant: '2023-06-01',
    title: '@anthropic-ai/sdk 0, API version 2023-06-01',
    packageName: 'sdk-of-2023',
    native: 'claude',
    setup: anthropicSetup,
  }),
  sdkClient({
    folder: 'google-genai',
    title: '@google/genai',
    packageName: '@google/genai',
    native: 'gemini',
    setup: `\`\`\`js
const client = new GoogleGenAI({ apiKey: 'aicp_…', httpOptions: { baseUrl: 'http://127.0.0.1:4000' } })
\`\`\``,
  }),
  sdkClient({
    folder: 'vercel-ai',
    variant: 'openai',
    title: 'ai with @ai-sdk/openai, Responses',
    packageName: '@ai-sdk/openai',
    native: 'openai',
    setup: aiSdkSetup(
      "const model = createOpenAI({ baseURL: 'http://127.0.0.1:4000/v1', apiKey: 'aicp_…' })('gpt-5.1')",
    ),
  }),
  sdkClient({
    folder: 'vercel-ai',
    variant: 'openai-chat',
    title: 'ai with @ai-sdk/openai, Chat Completions',
    packageName: '@ai-sdk/openai',
    native: 'openai',
    setup: aiSdkSetup(
      "const model = createOpenAI({ baseURL: 'http://127.0.0.1:4000/v1', apiKey: 'aicp_…' }).chat('gpt-5.1')",
    ),
  }),
  sdkClient({
    folder: 'vercel-ai',
    variant: 'anthropic',
    title: 'ai with @ai-sdk/anthropic',
    packageName: '@ai-sdk/anthropic',
    native: 'claude',
    setup: aiSdkSetup(
      "const model = createAnthropic({ baseURL: 'http://127.0.0.1:4000/v1', apiKey: 'aicp_…' })('claude-sonnet-4-5')",
    ),
  }),
  sdkClient({
    folder: 'vercel-ai',
    variant: 'google',
    title: 'ai with @ai-sdk/google',
    packageName: '@ai-sdk/google',
    native: 'gemini',
    setup: aiSdkSetup(
      "const model = createGoogleGenerativeAI({ baseURL: 'http://127.0.0.1:4000/v1beta', apiKey: 'aicp_…' })('gemini-3.5-flash')",
    ),
  }),
] as const
