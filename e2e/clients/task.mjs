// The frame of the programs that stand for a user's own: reads the job from the command line, does its task by the SDK, and prints
// what the user would have seen, as one JSON line.
import { writeFileSync } from 'node:fs'

/** What the tasks ask of the model, and the tool that they offer it. */
export const tool = {
  name: 'write_note',
  description: 'Writes a note',
  parameters: {
    type: 'object',
    properties: { text: { type: 'string', description: 'What to write' } },
    required: ['text'],
    additionalProperties: false,
  },
  run({ text }) {
    writeFileSync('made.txt', text)
    return 'written'
  },
}

export const job = JSON.parse(process.argv[2])

export const prompt =
  job.task === 'tools' ? `Write it down. [[tool:${tool.name} {"text":"${job.mark}"}]]` : `Say it. [[echo:${job.mark}]]`

/** `streamed` answers come as an async iterable of texts. */
export async function perform(byTask) {
  try {
    const text = await byTask[job.task]()
    console.log(JSON.stringify({ text }))
  } catch (error) {
    console.log(JSON.stringify({ name: error.name, status: error.status ?? error.statusCode, message: error.message }))
    process.exitCode = 1
  }
}

export async function joined(pieces) {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}
