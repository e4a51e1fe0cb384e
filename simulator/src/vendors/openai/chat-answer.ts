// OpenAI's Chat Completions answers, whole and streamed (API reference, "The chat completion object" and "chunk
// object").
import type { ChatRequest } from '../../chat-completions.ts'
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { openAiErrorBody } from './errors.ts'

export function openAiGeneration(request: ChatRequest): Generation {
  return {
    model: request.model,
    streamed: request.streamed,
    prompt: request.prompt,
    outputTokensMax: request.outputTokensMax,
    streamContentType: 'text/event-stream; charset=utf-8',
    body: completion,
    frames: (answer) => chunks(answer, request.usageWanted && !answer.usageMissing),
    errorFrame: (problem, context) => event(openAiErrorBody(problem, context)),
  }
}

function usage({ usage: { input, cacheRead, output } }: Answer): object {
  const promptTokens = input + cacheRead
  return {
    prompt_tokens: promptTokens,
    completion_tokens: output,
    total_tokens: promptTokens + output,
    prompt_tokens_details: { cached_tokens: cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function envelope(answer: Answer, object: string): object {
  const created = Math.floor(answer.createdAtMs / 1000)
  return { id: answer.id, object, created, model: answer.model }
}

function fingerprint(answer: Answer): object {
  return { service_tier: 'default', system_fingerprint: `fp_${answer.id.slice(-10).toLowerCase()}` }
}

function completion(answer: Answer): string {
  const message = { role: 'assistant', content: answer.tokens.join(''), refusal: null, annotations: [] }
  const document = {
    ...envelope(answer, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finish }],
    ...(answer.usageMissing ? {} : { usage: usage(answer) }),
    ...fingerprint(answer),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function* chunks(answer: Answer, usageWanted: boolean): Generator<Frame> {
  const head = { ...envelope(answer, 'chat.completion.chunk'), ...fingerprint(answer) }
  // With include_usage every chunk but the last says `usage: null`; without it the field is absent.
  const tail = usageWanted ? { usage: null } : {}
  const chunk = (delta: object, finish: string | null) =>
    event({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...tail })
  yield { text: chunk({ role: 'assistant', content: '', refusal: null }, null), outputTokens: 0 }
  for (const token of answer.tokens) yield { text: chunk({ content: token }, null), outputTokens: 1 }
  yield { text: chunk({}, answer.finish), outputTokens: 0, joinsNext: true }
  if (usageWanted) {
    yield { text: event({ ...head, choices: [], usage: usage(answer) }), outputTokens: 0, joinsNext: true }
  }
  yield { text: 'data: [DONE]\n\n', outputTokens: 0 }
}
