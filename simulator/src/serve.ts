// The life of one request; this file tells the story and the steps compute.
// account → fault → body → the vendor's validation → cache and limits → answer → delivery and bill.
import type { SimulatedAccount } from './accounts.ts'
import type { Admission } from './admission.ts'
import { admit } from './admission.ts'
import type { Choice, Composition } from './answer.ts'
import { composeAnswer, partTokens } from './answer.ts'
import { deliver } from './delivery.ts'
import { bodyFrames, disruptFrames, malform } from './disruption.ts'
import type { Arrival, Exchange } from './exchange.ts'
import { bill, openExchange, refuse, replyContext, respond } from './exchange.ts'
import { strike } from './fault-effects.ts'
import type { Fault, FaultTarget } from './fault-script.ts'
import { isRecord, parseJson } from './json.ts'
import type { Problem } from './problem.ts'
import { readBody } from './request-body.ts'
import type { StoredDocuments } from './stored-documents.ts'
import type { Answer, Endpoint, Generation, Model, Reading } from './vendor.ts'
import { singleHeader } from './vendor.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

type GenerationEndpoint = Extract<Endpoint, { kind: 'generation' }>
type StoredEndpoint = Extract<Endpoint, { kind: 'stored' }>
type ListingEndpoint = Exclude<Endpoint, GenerationEndpoint | StoredEndpoint>

export async function serve(arrival: Arrival): Promise<void> {
  const exchange = openExchange(arrival)
  const { method, path, query } = arrival
  const endpoint = arrival.vendor.endpoint(method, path, query)
  if (endpoint === null) return refuse(exchange, { kind: 'unknown-path', method, path })
  if (endpoint.kind === 'generation') return generate(exchange, endpoint)
  if (endpoint.kind === 'stored') return showStored(exchange, endpoint)
  return showModels(exchange, endpoint)
}

async function generate(exchange: Exchange, endpoint: GenerationEndpoint): Promise<void> {
  const { request, state } = exchange
  exchange.wrapError = endpoint.wrapError ?? exchange.wrapError
  exchange.model = endpoint.pathModel ?? undefined
  exchange.endpoint = endpoint.name
  const target = endpoint.faultsAs ?? 'generation'
  // A refused connection never saw a body; only a rule that asks for the model has to wait for it.
  const isChosenEarly = exchange.model !== undefined || !state.faults().needsModel
  if (isChosenEarly) chooseFault(exchange, target)
  if (exchange.fault?.kind === 'refuse' && (await strike(exchange))) return

  const text = await readBody(request)
  // The request closes before the response does, so a client that left midway shows here first.
  if (exchange.gone.aborted || (text !== null && !request.complete)) return bill(exchange, 0, 'client-gone', null)
  const body = text === null ? null : parseJson(text)
  const organisation = exchange.account?.organisation ?? ''
  const stored = storedDocuments(exchange)
  const reading = endpoint.read({ headers: request.headers, body, organisation, stored })
  noteReading(exchange, reading, body)
  if (!isChosenEarly) chooseFault(exchange, target)
  if (await strike(exchange)) return

  const stranger = accountProblem(exchange)
  if (stranger !== null) return refuse(exchange, stranger)
  if (text === null) return refuse(exchange, { kind: 'body-too-large' })
  if (body === null) return refuse(exchange, { kind: 'invalid-json', text })
  if (!reading.ok) return refuse(exchange, reading.problem)
  const model = findModel(exchange, reading.generation.model)
  if (model === null) return refuse(exchange, unknownModel(exchange, reading.generation.model))
  const admission = admit(state, exchange.vendor, exchange.account as SimulatedAccount, model, reading.generation)
  exchange.admission = admission
  if (admission.problem !== null) return refuse(exchange, admission.problem)
  await answer(exchange, reading.generation, admission)
}

/** The books want to know model, tag and kind of a request also where a fault or a limit ends it. */
function noteReading(exchange: Exchange, reading: Reading, body: unknown): void {
  if (reading.ok) {
    exchange.generation = reading.generation
    exchange.model = reading.generation.model
    exchange.responseId = reading.generation.responseId?.(exchange.random) ?? exchange.responseId
  } else if (isRecord(body) && typeof body['model'] === 'string') exchange.model ??= body['model']
}

function chooseFault(exchange: Exchange, endpoint: FaultTarget): void {
  const { state, vendor, key, account, model } = exchange
  const organisation = account?.organisation ?? null
  exchange.fault = state.faults().choose({ vendor: vendor.name, endpoint, key, organisation, model })
}

function storedDocuments({ state, vendor, account }: Exchange): StoredDocuments {
  return state.documents.of(vendor.name, account?.organisation ?? '')
}

function accountProblem({ key, account, vendor, request }: Exchange): Problem | null {
  if (key === null) return { kind: 'missing-key' }
  if (account === null) return { kind: 'invalid-key', key }
  return vendor.headerProblem?.(request.headers) ?? null
}

function unknownModel({ path }: Exchange, model: string): Problem {
  return { kind: 'unknown-model', model, method: /:(\w+)$/.exec(path)?.[1] ?? '' }
}

function findModel({ vendor, account }: Exchange, id: string): Model | null {
  const known = vendor.models.find((model) => model.id === id) ?? null
  if (account?.models === undefined) return known
  if (!account.models.includes(id)) return null
  // An account may be given models of the operator's own naming; they take the limits of the vendor's first model.
  const first = vendor.models[0]
  return known ?? (first === undefined ? null : { ...first, id, rateClass: id })
}

async function answer(exchange: Exchange, generation: Generation, admission: Admission): Promise<void> {
  const { state, vendor, fault } = exchange
  const { model, prompt } = generation
  const { outputTokensMax } = admission
  const isAnswer = (generation.purpose ?? 'answer') === 'answer'
  const wanted = {
    seed: state.seed,
    vendor: vendor.name,
    model,
    prompt,
    outputTokensMax: isAnswer ? outputTokensMax : 0,
  }
  const composition = composeAnswer(wanted)
  const { choices } = composition
  const [first] = choices as [Choice]
  state.cache.commit(admission.cacheUse, state.clock.now())
  await ship(exchange, generation, composition, {
    id: exchange.responseId,
    createdAtMs: exchange.startedAtMs,
    model,
    ...first,
    choices,
    usage: { ...admission.usage, output: partTokens(choices), reasoning: partTokens(choices, 'thinking') },
    usageMissing: fault?.kind === 'missing-usage',
    random: composition.random,
  })
}

async function ship(exchange: Exchange, generation: Generation, composed: Composition, spoken: Answer): Promise<void> {
  const { state, vendor, fault, response, gone } = exchange
  const { streamed } = generation
  const body = streamed ? '' : generation.body(spoken)
  const frames = streamed ? generation.frames(spoken) : bodyFrames(body, generatedTokens(spoken), fault)
  const headers = {
    ...(streamed ? streamHeaders(generation) : bodyHeaders(body, fault)),
    ...vendor.replyHeaders(replyContext(exchange)),
    ...(fault?.kind === 'extra-headers' ? fault.headers : {}),
  }
  const isQuota = fault?.kind === 'error-in-stream' && fault.quota === true
  const problem: Problem = isQuota ? { kind: 'quota-exhausted', model: spoken.model } : { kind: 'overloaded' }
  await deliver({
    response,
    status: 200,
    headers,
    streamed,
    acceptEncoding: singleHeader(exchange.request.headers['accept-encoding']) ?? '',
    frames: disruptFrames(frames, fault, streamed),
    fault,
    firstTokenMs: composed.firstTokenMs * state.speed,
    perTokenMs: composed.perTokenMs * state.speed,
    clock: state.clock,
    gone,
    random: composed.random,
    errorFrame: (eventsBefore) => generation.errorFrame(problem, replyContext(exchange), eventsBefore),
    bill(outcome, outputTokens, reasoningTokens) {
      if (outcome === 'ok') generation.completed?.(spoken)
      bill(exchange, 200, outcome, outputTokens, reasoningTokens)
    },
  })
}

function generatedTokens({ usage: { output, reasoning } }: Answer): { outputTokens: number; reasoningTokens: number } {
  return { outputTokens: output, reasoningTokens: reasoning }
}

function streamHeaders(generation: Generation): Record<string, string> {
  return { 'content-type': generation.streamContentType, 'cache-control': 'no-cache' }
}

/** Without a length where a fault changes it, or where it would let the client see through the odd chunks. */
function bodyHeaders(body: string, fault: Fault | null): Record<string, string> {
  const headers = { 'content-type': JSON_TYPE }
  if (fault?.kind === 'rechunk' || fault?.kind === 'truncated-json') return headers
  const sent = fault?.kind === 'malformed-event' ? malform(body) : body
  return { ...headers, 'content-length': String(Buffer.byteLength(sent)) }
}

async function showModels(exchange: Exchange, endpoint: ListingEndpoint): Promise<void> {
  chooseFault(exchange, 'models')
  if (await strike(exchange)) return
  const { account, vendor } = exchange
  const stranger = accountProblem(exchange)
  if (stranger !== null) return refuse(exchange, stranger)
  const headers = { 'content-type': JSON_TYPE }
  if (endpoint.kind === 'models') {
    const allowed = account?.models?.map((id) => findModel(exchange, id)).filter((model) => model !== null)
    return respond(exchange, { status: 200, headers, body: endpoint.list(allowed ?? vendor.models) })
  }
  const model = findModel(exchange, endpoint.id)
  if (model === null) return refuse(exchange, unknownModel(exchange, endpoint.id))
  return respond(exchange, { status: 200, headers, body: endpoint.show(model) })
}

async function showStored(exchange: Exchange, endpoint: StoredEndpoint): Promise<void> {
  const stranger = accountProblem(exchange)
  if (stranger !== null) return refuse(exchange, stranger)
  const found = endpoint.find(storedDocuments(exchange))
  if (!found.ok) return refuse(exchange, found.problem)
  return respond(exchange, { status: 200, headers: { 'content-type': JSON_TYPE }, body: found.body })
}
