// Counts the tokens of a request beforehand: by an account that speaks the client's protocol, else by an estimate that says that it
// is one. Nothing is billed for it, so there is neither a reservation nor a journal record.
import { AppError } from '@aicarpool/contract'
import type { TokenCounting } from '../core/protocols/protocol.ts'
import { leastConnections } from '../core/routing/choose.ts'
import { eligible, type Candidate } from '../core/routing/eligible.ts'
import { answerPlain } from './answer-plain.ts'
import { estimatedInputTokens } from './attempt.ts'
import { authenticateCall } from './authenticate.ts'
import type { Call, DecodedCall } from './call.ts'
import { parseBody, routeOf } from './decode.ts'
import type { HandlePorts } from './handle.ts'
import { readBody } from './read-body.ts'
import { wireFor } from './wire.ts'

/** The answer is one number; what is larger is none. */
const answerBytesMax = 64 * 1024
/** Clients wait for the number before they send anything. */
const answerTimeoutMs = 10_000

export async function countTokens(call: Call, counting: TokenCounting, ports: HandlePorts): Promise<void> {
  if (call.request.method !== 'POST') throw new AppError('method_not_allowed')
  const key = authenticateCall(call, ports.authenticate)
  const body = await readBody(call.request, ports.bodyBytesMax)
  const parsed = parseBody(body)
  const { model } = counting.inspectRequest(parsed, call.target)
  const facts = { model, stream: false, maxOutputTokens: undefined, choices: 1 }
  const route = routeOf(call.client, facts, key)
  const decoded: DecodedCall = { ...call, key, body, parsed, facts, route, idempotency: undefined, answered: undefined }
  const counted = await countNatively(decoded, counting, ports)
  const answer = counted ?? counting.renderAnswer(estimatedInputTokens(body, parsed))
  answerPlain(call, answer, ports.timers, counted ? [] : ['x-aicarpool-estimated', 'true'])
}

/** Undefined when no account could be asked, or none gave a number. */
async function countNatively(
  call: DecodedCall,
  counting: TokenCounting,
  ports: HandlePorts,
): Promise<Buffer | undefined> {
  const { live, clock } = ports
  const found = eligible(call.key.group.binding?.tiers ?? [], call.route, new Set(), live.stateOf, clock.now())
  const native = found.candidates.filter(
    ({ account, model }) => wireFor(call.client, account.provider, model)?.isNative === true,
  )
  const chosen = leastConnections(native, live.stateOf, live.nextTurn())
  if (!chosen) return undefined
  const groupId = call.key.group.id
  live.begin(chosen.account, groupId, clock.now())
  try {
    return await askAccount(call, chosen, counting, ports)
  } catch {
    // An estimate is a better answer than a refusal: the number decides nothing that is billed.
    return undefined
  } finally {
    live.end(chosen.account, groupId)
  }
}

async function askAccount(
  call: DecodedCall,
  { account, model }: Candidate,
  counting: TokenCounting,
  { upstream, credentials }: HandlePorts,
): Promise<Buffer | undefined> {
  const wire = wireFor(call.client, account.provider, model)
  const { statusCode, body } = await upstream.pool(account.origin).request({
    path: account.basePath + (wire?.pathPrefix ?? '') + counting.path(model.name),
    method: 'POST',
    headers: credentials.headersFor(account, call.request.headers),
    body: counting.adaptBody?.(call.body) ?? call.body,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > answerBytesMax) return undefined
    chunks.push(chunk)
  }
  const answer = Buffer.concat(chunks)
  return statusCode === 200 && counting.readAnswer(answer) !== undefined ? answer : undefined
}
