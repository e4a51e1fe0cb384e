// The answers of fast mode, made once at start by the vendors' own code, so that their shape is right by construction:
// for each route a whole HTTP response and the groups of events of a stream, already in chunked encoding.
import type { Choice } from '../answer.ts'
import { NO_USAGE } from '../ledger.ts'
import type { Answer, Frame, Generation } from '../vendor.ts'
import { createRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { createDocumentStore } from '../stored-documents.ts'
import { VENDORS } from '../vendors/catalogue.ts'

/** Together with the envelope, a body of about one kilobyte. */
const BODY_TOKENS = 120

/** Events that leave in one write. */
export interface EventGroup {
  bytes: Buffer
  events: number
}

export interface FixedAnswer {
  whole: Buffer
  streamHead: Buffer
  stream: readonly EventGroup[]
  /** All of the stream in one piece, for the burst. */
  burst: Buffer
  burstEvents: number
}

export interface FixedRoute {
  answer: FixedAnswer
  /** Where the path and not the body asks for the stream. */
  streams: boolean | null
}

export type FixedRoutes = (path: string) => FixedRoute | null

interface Sample {
  vendor: string
  path: string
  streamPath: string
  body: object
  /** What the body says besides to ask for a stream. */
  streamFields: object
}

const QUESTION = [{ role: 'user', content: 'hello' }]

const SAMPLES: readonly Sample[] = [
  chatSample('openai', '/v1/chat/completions', 'gpt-4o'),
  chatSample('qwen', '/compatible-mode/v1/chat/completions', 'qwen-plus'),
  {
    vendor: 'openai',
    path: '/v1/responses',
    streamPath: '/v1/responses',
    body: { model: 'gpt-4o', input: 'hello' },
    streamFields: { stream: true, stream_options: { include_obfuscation: false } },
  },
  {
    vendor: 'claude',
    path: '/v1/messages',
    streamPath: '/v1/messages',
    body: { model: 'claude-sonnet-4-5', max_tokens: 1000, messages: QUESTION },
    streamFields: { stream: true },
  },
  {
    vendor: 'gemini',
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    streamPath: '/v1beta/models/gemini-2.5-flash:streamGenerateContent',
    body: { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
    streamFields: {},
  },
]

function chatSample(vendor: string, path: string, model: string): Sample {
  // Without the padding: a load test wants events of the size that a client needs to read.
  const streamFields = { stream: true, stream_options: { include_usage: true, include_obfuscation: false } }
  return { vendor, path, streamPath: path, body: { model, messages: QUESTION }, streamFields }
}

/** Routes for all vendors; `streamEvents` is the number of content events in a stream. */
export function createFixedRoutes(streamEvents: number): FixedRoutes {
  const routes = new Map<string, FixedRoute>()
  for (const sample of SAMPLES) {
    const answer = fixedAnswer(sample, streamEvents)
    if (sample.path === sample.streamPath) routes.set(`/${sample.vendor}${sample.path}`, { answer, streams: null })
    else {
      routes.set(`/${sample.vendor}:whole`, { answer, streams: false })
      routes.set(`/${sample.vendor}:stream`, { answer, streams: true })
    }
  }
  return (path) => {
    const route = routes.get(path)
    if (route !== undefined) return route
    const [, vendor, action] =
      /^\/(\w+)\/v1(?:beta)?\/models\/[^/:]+:(generate|streamGenerate)Content$/.exec(path) ?? []
    return routes.get(`/${vendor}:${action === 'generate' ? 'whole' : 'stream'}`) ?? null
  }
}

function fixedAnswer(sample: Sample, streamEvents: number): FixedAnswer {
  const whole = generationOf(sample, false)
  const streamed = generationOf(sample, true)
  const body = Buffer.from(whole.body(answerOf(whole, BODY_TOKENS)))
  const stream = groupEvents(contentFrames(streamed, streamEvents))
  const streamHead = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: ${streamed.streamContentType}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  )
  return {
    whole: wholeResponse(200, 'OK', body),
    streamHead,
    stream,
    burst: Buffer.concat([streamHead, ...stream.map((group) => group.bytes)]),
    burstEvents: stream.reduce((sum, group) => sum + group.events, 0),
  }
}

export function wholeResponse(status: number, reason: string, body: Buffer, extraHead = ''): Buffer {
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  return Buffer.concat([Buffer.from(`${head}${extraHead}\r\n`), body])
}

function generationOf(sample: Sample, streamed: boolean): Generation {
  const vendor = VENDORS.find(({ name }) => name === sample.vendor)
  const path = streamed ? sample.streamPath : sample.path
  const endpoint = vendor?.endpoint('POST', path, new URLSearchParams(streamed ? 'alt=sse' : ''))
  const stored = createDocumentStore().of(sample.vendor, 'fast')
  const body = { ...sample.body, ...(streamed ? sample.streamFields : {}) }
  const reading =
    endpoint?.kind === 'generation' ? endpoint.read({ headers: {}, body, organisation: 'fast', stored }) : null
  // The samples are constants of this file: one that its vendor refuses is a bug found at the first start.
  if (reading === null || !reading.ok) throw new TypeError(`the sample for ${sample.vendor} is not valid`)
  return reading.generation
}

/** Draws the least of everything, so that each event carries the same small number of tokens. */
function leastRandom(): Random {
  return { ...createRandom('fast'), integer: (min) => min }
}

function answerOf(generation: Generation, tokens: number): Answer {
  const said = Array.from({ length: tokens }, () => ' token')
  const choice: Choice = { parts: [{ kind: 'text', tokens: said }], finish: 'stop', stopSequence: null }
  return {
    ...choice,
    choices: [choice],
    id: `sim-fast-${generation.model}`,
    createdAtMs: Date.UTC(2026, 0, 1),
    model: generation.model,
    usage: { ...NO_USAGE, input: 12, output: tokens },
    usageMissing: false,
    random: leastRandom(),
  }
}

/** As many content events as asked for, however many tokens this vendor puts into one. */
function contentFrames(generation: Generation, contentEvents: number): Frame[] {
  const perEvent = [...generation.frames(answerOf(generation, 100))].find((frame) => frame.outputTokens > 0)
  return [...generation.frames(answerOf(generation, contentEvents * (perEvent?.outputTokens ?? 1)))]
}

function groupEvents(frames: readonly Frame[]): EventGroup[] {
  const groups: EventGroup[] = []
  let held: Buffer[] = []
  for (const frame of frames) {
    held.push(chunked(frame.text))
    if (frame.joinsNext === true) continue
    groups.push({ bytes: Buffer.concat(held), events: held.length })
    held = []
  }
  const last = groups.at(-1)
  if (last !== undefined) last.bytes = Buffer.concat([last.bytes, Buffer.from('0\r\n\r\n')])
  return groups
}

function chunked(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}
