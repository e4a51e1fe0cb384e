// Anthropic's SDK. Its first major version speaks the API version of 2026-10-21 and sends the key as a bearer token, the one before
// it 2023-06-01 and `x-api-key`.
import { job, joined, perform, prompt, tool } from '../task.mjs'

const { default: Anthropic } = await import(job.variant === '2023-06-01' ? 'sdk-of-2023' : '@anthropic-ai/sdk')
const client = new Anthropic({ baseURL: job.baseUrl, apiKey: job.key })
const { name, description, parameters } = tool
const tools = [{ name, description, input_schema: parameters }]
const request = { model: job.model, max_tokens: 1000, messages: [{ role: 'user', content: prompt }] }
const textOf = ({ content }) => content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')

await perform({
  plain: async () => textOf(await client.messages.create(request)),
  async streamed() {
    const stream = await client.messages.create({ ...request, stream: true })
    return joined(
      (async function* () {
        for await (const event of stream) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text
        }
      })(),
    )
  },
  async tools() {
    const first = await client.messages.stream({ ...request, tools }).finalMessage()
    const results = first.content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, input }) => ({ type: 'tool_result', tool_use_id: id, content: tool.run(input) }))
    const messages = [
      ...request.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: results },
    ]
    return textOf(await client.messages.create({ ...request, messages, tools }))
  },
})
