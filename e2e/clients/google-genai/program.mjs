// Google's Gen AI SDK.
import { GoogleGenAI } from '@google/genai'
import { job, joined, perform, prompt, tool } from '../task.mjs'

const client = new GoogleGenAI({ apiKey: job.key, httpOptions: { baseUrl: job.baseUrl } })
const { model } = job
const { name, description, parameters } = tool
const config = { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }] }

await perform({
  plain: async () => (await client.models.generateContent({ model, contents: prompt })).text,
  async streamed() {
    const stream = await client.models.generateContentStream({ model, contents: prompt })
    return joined(
      (async function* () {
        for await (const chunk of stream) yield chunk.text ?? ''
      })(),
    )
  },
  async tools() {
    const chat = client.chats.create({ model, config })
    const { functionCalls = [] } = await chat.sendMessage({ message: prompt })
    const results = functionCalls.map(({ id, name, args }) => ({
      functionResponse: { id, name, response: { output: tool.run(args) } },
    }))
    return joined(
      (async function* () {
        for await (const chunk of await chat.sendMessageStream({ message: results })) yield chunk.text ?? ''
      })(),
    )
  },
})
