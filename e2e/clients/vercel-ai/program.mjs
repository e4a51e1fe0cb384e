// The AI SDK, by each of its providers.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, jsonSchema, streamText, tool as defineTool } from 'ai'
import { job, joined, perform, prompt, tool } from '../task.mjs'

const providers = {
  openai: () => createOpenAI({ baseURL: `${job.baseUrl}/v1`, apiKey: job.key })(job.model),
  'openai-chat': () => createOpenAI({ baseURL: `${job.baseUrl}/v1`, apiKey: job.key }).chat(job.model),
  anthropic: () => createAnthropic({ baseURL: `${job.baseUrl}/v1`, apiKey: job.key })(job.model),
  google: () => createGoogleGenerativeAI({ baseURL: `${job.baseUrl}/v1beta`, apiKey: job.key })(job.model),
}
const model = providers[job.variant]()
const tools = {
  [tool.name]: defineTool({
    description: tool.description,
    inputSchema: jsonSchema(tool.parameters),
    execute: tool.run,
  }),
}

await perform({
  plain: async () => (await generateText({ model, prompt })).text,
  streamed() {
    let failure
    const { textStream } = streamText({
      model,
      prompt,
      onError: ({ error }) => {
        failure = error
      },
    })
    return joined(textStream).then((text) => {
      if (failure) throw failure
      return text
    })
  },
  tools: async () => (await generateText({ model, prompt, tools, stopWhen: isStepCount(3) })).text,
})
