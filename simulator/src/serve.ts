// The life of one request; this file tells the story and the steps compute.
// account → fault → body → the vendor's validation → cache and limits → answer → delivery and bill.
import type { SimulatedAccount } from './accounts.ts'
import type { Admission } from './admission.ts'
import { admit } from './admission.ts'
import type { Composition } from './answer.ts'
import { composeAnswer } from './answer.ts'
import { deliver } from './delivery.ts'
import { bodyFrames, disruptFrames, malform } from './disruption.ts'
import type { Arrival, Exchange } from './exchange.ts'
import { bill, openExchange, refuse, replyContext, respond } from './exchange.ts'
import { strike } from './fault-effects.ts'
import type { Fault } from './fault-script.ts'
import { isRecord, parseJson } from './json.ts'
import type { Problem } from './problem.ts'
import { readBody } from './request-body.ts'
import type { Answer, Endpoint, Generation, Model, Reading } from './vendor.ts'

type GenerationEndpoint = Extract<Endpoint, { kind: 'generation' }>
type ListingEndpoint = Exclude<Endpoint, GenerationEndpoint>

export async function serve(arrival: Arrival): Promise<void> {
  const exchange = openExchange(arrival)
  const { method, path, query } = arrival
  const endpoint = arrival.vendor.endpoint(method, path, query)
  if (endpoint === null) return refuse(exchange, { kind: 'unknown-path', method, path })
  if (endpoint.kind !== 'generation') return showModels(exchange, endpoint)
  return generate(exchange, endpoint)
}

async function generate(exchange: Exchange, endpoint: GenerationEndpoint): Promise<void> {
  const { request, state } = exchange
  exchange.wrapError = endpoint.wrapError ?? exchange.wrapError
  exchange.model = endpoint.pathModel ?? undefined
  // A refused connection never saw a body; only a rule that asks for the model has to wait for it.
  const isChosenEarly = exchange.model !== undefined || !state.faults().needsModel
  if (isChosenEarly) chooseFault(exchange, 'generation')
  if (exchange.fault?.kind === 'refuse' && (await strike(exchange))) return

  const text = await readBody(request)
  // The request closes before the response does, so a client that left midway shows here first.
  if (exchange.gone.aborted || (text !== null && !request.complete)) return bill(exchange, 0, 'client-gone', null)
  const body = text === null ? null : parseJson(text)
  const reading = endpoint.read({ headers: request.headers, body })
  noteReading(exchange, reading, body)
  if (!isChosenEarly) chooseFault(exchange, 'generation')
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
  } else if (isRecord(body) && typeof body['model'] === 'string') exchange.model ??= body['model']
}

function chooseFault(exchange: Exchange, endpoint: 'generation' | 'models'): void {
  const { state, vendor, key, account, model } = exchange
  const organisation = account?.organisation ?? null
  exchange.fault = state.faults().choose({ vendor: vendor.name, endpoint, key, organisation, model })
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
  const composition = composeAnswer({ seed: state.seed, vendor: vendor.name, model, prompt, outputTokensMax })
  state.cache.commit(admission.cacheUse, state.clock.now())
  await ship(exchange, generation, composition, {
    id: exchange.responseId,
    createdAtMs: exchange.startedAtMs,
    model,
    tokens: composition.tokens,
    finish: composition.finish,
    usage: { ...admission.usage, output: composition.tokens.length },
    usageMissing: fault?.kind === 'missing-usage',
    random: composition.random,
  })
}

async function ship(exchange: Exchange, generation: Generation, composed: Composition, spoken: Answer): Promise<void> {
  const { state, vendor, fault, response, gone } = exchange
  const { streamed } = generation
  const body = streamed ? '' : generation.body(spoken)
  const frames = streamed ? generation.frames(spoken) : bodyFrames(body, spoken.tokens.length, fault)
  const headers = {
    ...(streamed ? streamHeaders(generation) : bodyHeaders(body, fault)),
    ...vendor.replyHeaders(replyContext(exchange)),
  }
  const isQuota = fault?.kind === 'error-in-stream' && fault.quota === true
  const problem: Problem = isQuota ? { kind: 'quota-exhausted', model: spoken.model } : { kind: 'overloaded' }
  await deliver({
    response,
    status: 200,
    headers,
    streamed,
    frames: disruptFrames(frames, fault, streamed),
    fault,
    firstTokenMs: composed.firstTokenMs * state.speed,
    perTokenMs: composed.perTokenMs * state.speed,
    clock: state.clock,
    gone,
    random: composed.random,
    errorFrame: (eventsBefore) => generation.errorFrame(problem, replyContext(exchange), eventsBefore),
    bill: (outcome, outputTokens) => bill(exchange, 200, outcome, outputTokens),
  })
}

function streamHeaders(generation: Generation): Record<string, string> {
  return { 'content-type': generation.streamContentType, 'cache-control': 'no-cache' }
}

/** Without a length where a fault changes it, or where it would let the client see through the odd chunks. */
function bodyHeaders(body: string, fault: Fault | null): Record<string, string> {
  const headers = { 'content-type': 'application/json; charset=utf-8' }
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
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  if (endpoint.kind === 'models') {
    const allowed = account?.models?.map((id) => findModel(exchange, id)).filter((model) => model !== null)
    return respond(exchange, { status: 200, headers, body: endpoint.list(allowed ?? vendor.models) })
  }
  const model = findModel(exchange, endpoint.id)
  if (model === null) return refuse(exchange, unknownModel(exchange, endpoint.id))
  return respond(exchange, { status: 200, headers, body: endpoint.show(model) })
}
