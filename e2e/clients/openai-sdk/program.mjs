// The `openai` SDK, by Chat Completions or by Responses.
import OpenAI from 'openai'
import { job, joined, perform, prompt, tool } from '../task.mjs'

const { model } = job
const client = new OpenAI({ baseURL: `${job.baseUrl}/v1`, apiKey: job.key })
const messages = [{ role: 'user', content: prompt }]

const chat = {
  async plain() {
    const { choices } = await client.chat.completions.create({ model, messages })
    return choices[0].message.content
  },
  async streamed() {
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    return joined(
      (async function* () {
        for await (const { choices } of stream) yield choices[0]?.delta.content ?? ''
      })(),
    )
  },
  async tools() {
    const { name, description, parameters } = tool
    const runner = client.chat.completions.runTools({
      model,
      messages,
      stream: true,
      tools: [{ type: 'function', function: { name, description, parameters, parse: JSON.parse, function: tool.run } }],
    })
    return runner.finalContent()
  },
}

const responses = {
  async plain() {
    return (await client.responses.create({ model, input: prompt })).output_text
  },
  async streamed() {
    const stream = await client.responses.create({ model, input: prompt, stream: true })
    return joined(
      (async function* () {
        for await (const event of stream) if (event.type === 'response.output_text.delta') yield event.delta
      })(),
    )
  },
  async tools() {
    const { name, description, parameters } = tool
    const tools = [{ type: 'function', name, description, parameters, strict: true }]
    const input = [{ role: 'user', content: prompt }]
    const first = await client.responses.stream({ model, input, tools, store: false }).finalResponse()
    input.push(...first.output)
    for (const call of first.output.filter(({ type }) => type === 'function_call')) {
      const output = tool.run(JSON.parse(call.arguments))
      input.push({ type: 'function_call_output', call_id: call.call_id, output })
    }
    return (await client.responses.create({ model, input, tools, store: false })).output_text
  },
}

await perform(job.variant === 'chat' ? chat : responses)
