// The answer on the Responses wire as one document (API reference, "The response object"), and what makes a request a
// generation: counting tokens is one too, free of charge. The events of a stream are response-stream.ts's.
import type { JsonRecord } from '../json.ts'
import { wholeInput } from '../ledger.ts'
import type { Answer, Generation, Reading, WireRequest } from '../vendor.ts'
import type { ResponsesDialect, ResponsesRequest } from './dialect.ts'
import { outputItems, statusOf } from './output-items.ts'
import { failureFrame, responseEvents } from './response-stream.ts'
import { findAnswerProblem, readResponsesRequest } from './responses-request.ts'
import { storeResponse } from './stored-responses.ts'

export function readResponses(wire: WireRequest, dialect: ResponsesDialect): Reading {
  const problem = findAnswerProblem(wire.body, dialect.complaints)
  const request = problem ?? readResponsesRequest(wire, dialect)
  if ('kind' in request) return { ok: false, problem: request }
  return { ok: true, generation: responsesGeneration(request, wire, dialect) }
}

/** `POST /v1/responses/input_tokens`. */
export function readInputTokens(wire: WireRequest, dialect: ResponsesDialect): Reading {
  const request = readResponsesRequest(wire, dialect)
  if ('kind' in request) return { ok: false, problem: request }
  const body = ({ usage }: Answer) =>
    JSON.stringify({ object: 'response.input_tokens', input_tokens: wholeInput(usage) })
  const generation = responsesGeneration(request, wire, dialect)
  return {
    ok: true,
    generation: { ...generation, purpose: 'count', streamed: false, outputTokensMax: null, body, completed: () => {} },
  }
}

function responsesGeneration(request: ResponsesRequest, wire: WireRequest, dialect: ResponsesDialect): Generation {
  const { model, streamed, prompt, outputTokensMax, fields } = request
  // The error that ends a stream carries the response as far as it is known.
  let begun: Answer | null = null
  return {
    model,
    streamed,
    prompt,
    outputTokensMax,
    caching: dialect.caching(fields, model, wire.headers),
    streamContentType: 'text/event-stream; charset=utf-8',
    responseId: (random) => dialect.responseId(random),
    body: (answer) => `${JSON.stringify(finishedResponse(answer, request, dialect), null, 2)}\n`,
    frames(answer) {
      begun = answer
      return responseEvents(answer, request, dialect, {
        unfinished: responseDocument(answer, request, dialect, { status: 'in_progress' }),
        finished: finishedResponse(answer, request, dialect),
      })
    },
    errorFrame(problem, context, eventsBefore) {
      const error = dialect.failure(problem, context)
      const failed = begun === null ? { error } : responseDocument(begun, request, dialect, { status: 'failed', error })
      return failureFrame(dialect.errorBody(problem, context), failed, eventsBefore)
    },
    completed(answer) {
      if (!request.isStored) return
      const document = finishedResponse(answer, request, dialect)
      const output = outputItems(answer, request, dialect).map(({ closed }) => closed)
      const conversation = [...request.conversation, ...output]
      storeResponse(wire.stored, { document, input: request.input, conversation })
    },
  }
}

function finishedResponse(answer: Answer, request: ResponsesRequest, dialect: ResponsesDialect): JsonRecord {
  const status = statusOf(answer, request)
  const reason = answer.finish === 'length' ? 'max_output_tokens' : 'content_filter'
  return responseDocument(answer, request, dialect, {
    status,
    completed_at: status === 'completed' ? Math.floor(answer.createdAtMs / 1000) : null,
    incomplete_details: status === 'incomplete' ? { reason } : null,
    output: outputItems(answer, request, dialect).map(({ closed }) => closed),
    ...(answer.usageMissing ? {} : { usage: dialect.usage(answer) }),
  })
}

function responseDocument(
  answer: Answer,
  request: ResponsesRequest,
  dialect: ResponsesDialect,
  state: JsonRecord,
): JsonRecord {
  const { fields, removedReasoning, isStored } = request
  const transformations = removedReasoning.map((id) => ({
    id,
    type: 'reasoning',
    action: 'removed',
    reason: 'organization_mismatch',
  }))
  return {
    id: answer.id,
    object: 'response',
    created_at: Math.floor(answer.createdAtMs / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    model: answer.model,
    output: [],
    parallel_tool_calls: fields['parallel_tool_calls'] !== false,
    tool_choice: fields['tool_choice'] ?? 'auto',
    tools: fields['tools'] ?? [],
    ...dialect.extraFields(fields, answer.model),
    store: isStored,
    usage: null,
    ...(transformations.length === 0 ? {} : { input_transformations: transformations }),
    ...state,
  }
}
