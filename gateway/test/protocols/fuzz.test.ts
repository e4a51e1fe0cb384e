// Everything that reads what others send, fed with damaged requests and answers of every wire: nothing throws but a refusal of a
// caller's request, and how the network cuts an answer changes nothing.
// FUZZ_CASES sets how many (100,000 unless given), FUZZ_SEED repeats a run.
import { startSimulator } from '@aicarpool/simulator'
import { AppError } from '@aicarpool/contract'
import { beforeAll, expect, test } from 'vitest'
import { findModel, shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import { failureRefusal } from '../../src/core/protocols/failure-refusal.ts'
import { accountProtocols, clientProtocols } from '../../src/core/protocols/index.ts'
import type {
  AccountProtocol,
  AnswerEncoder,
  ClientProtocol,
  ResponseTransform,
} from '../../src/core/protocols/protocol.ts'
import { createTranslation, encodeFitted, translateAnswer } from '../../src/core/protocols/translate.ts'
import { noUsage } from '../../src/core/protocols/usage.ts'
import { providers } from '../../src/core/providers/index.ts'
import { corpusModels, recordCorpus, type Exchange } from '../support/protocol-corpus.ts'
import { createDice, type Dice } from '../support/dice.ts'

const cases = Number(process.env['FUZZ_CASES'] ?? 100_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_126)
const accounts: AccountProtocol[] = Object.values(accountProtocols)
const clients: ClientProtocol[] = Object.values(clientProtocols)
const translated = clients.filter(({ translation }) => translation !== undefined)

let corpus: Exchange[] = []
/** How often each way was taken to its end: a test that feeds rubbish alone proves little. */
const taken = { taken: 0, refused: 0, whole: 0, broken: 0, failed: 0, answered: 0, refusal: 0 }
beforeAll(async () => {
  const simulator = await startSimulator({ seed: 3, accounts: [], implicitAccounts: true, speed: 0 })
  corpus = await recordCorpus(simulator)
  await simulator.stop()
})

test('the corpus has answers and refusals of every wire', () => {
  for (const { id, translation } of accounts) {
    if (!translation) continue
    const own = corpus.filter(({ wire }) => wire === id)
    expect(own.filter(({ status }) => status === 200).length, id).toBeGreaterThan(8)
    expect(
      own.some(({ status }) => status >= 400),
      id,
    ).toBe(true)
  }
})

const closing = { usage: noUsage, costNanoUsd: 0, account: { id: 'a', name: 'a', serviceType: 'claude' as const } }
const context = { requestId: '00000000-0000-7000-8000-000000000000', createdAtMs: 0, target: {} }

/** An encoder of one of the clients, for a request that this client could have sent. */
function anyEncoder(dice: Dice, exchange: Exchange): AnswerEncoder | undefined {
  const client = dice.pick(translated)
  const own = corpus.filter(({ wire, stream }) => wire === client.id && stream === exchange.stream)
  const body = own.length > 0 ? dice.pick(own).request : undefined
  if (!body || !client.translation) return undefined
  const target = { model: 'm', stream: exchange.stream }
  const { request } = client.translation.decodeRequest(JSON.parse(body.toString()) as never, 'm', target)
  return client.translation.createAnswerEncoder(request, { ...context, target })
}

function run(transform: ResponseTransform, chunks: readonly Buffer[]) {
  const out = chunks.map((chunk) => transform.push(chunk))
  out.push(transform.end())
  const tail = transform.failure ? undefined : transform.close(closing)
  const { committed, finished, failure, usage, usageFinal, outputBytes } = transform
  const bytes = Buffer.concat([...out, tail].filter((piece) => piece !== undefined)).toString('latin1')
  return { bytes, committed, finished, failure, usage, usageFinal, outputBytes }
}

function readStream(dice: Dice, exchange: Exchange, bytes: Buffer): void {
  const protocol: AccountProtocol = accountProtocols[exchange.wire]
  const isNative = dice.below(3) === 0
  const client = clients.find(({ id }) => id === exchange.wire)
  const begin = dice.fork()
  const transform = (): ResponseTransform | undefined => {
    if (isNative && client) {
      const facts = client.inspectRequest(JSON.parse(exchange.request.toString()) as never, {
        model: 'm',
        stream: true,
      })
      return protocol.adaptRequest(exchange.request, facts, {}, { model: 'm', stream: true }).createTransform()
    }
    const encoder = anyEncoder(begin(), exchange)
    return encoder && protocol.translation && createTranslation(protocol.translation.createStreamDecoder(), encoder)
  }
  const whole = transform()
  const cut = transform()
  if (!whole || !cut) return
  const result = run(whole, [bytes])
  expect(run(cut, dice.split(bytes))).toEqual(result)
  taken[result.failure ? 'failed' : result.finished ? 'whole' : 'broken'] += 1
}

function readPlain(dice: Dice, exchange: Exchange, bytes: Buffer): void {
  const protocol: AccountProtocol = accountProtocols[exchange.wire]
  protocol.readAnswer(bytes)
  const encoder = anyEncoder(dice, exchange)
  if (!encoder || !protocol.translation) return
  const answer = translateAnswer(protocol.translation.decodeResponse(bytes), encoder)
  answer?.close(closing)
  taken.answered += 1
}

function readRefusal(exchange: Exchange, status: number, bytes: Buffer): void {
  const failure = providers[exchange.serviceType].decodeFailure(status, {}, bytes.toString(), 0)
  for (const client of clients) client.renderError(failureRefusal(failure), context.requestId)
  taken.refusal += 1
}

/** What a client sends is refused with a code of its own, or taken and told to an account of any vendor. */
function readRequest(dice: Dice, exchange: Exchange, body: unknown): void {
  const client = clients.find(({ id }) => id === exchange.wire)
  if (!client || typeof body !== 'object' || body === null || Array.isArray(body)) return
  const target = { model: 'm', stream: exchange.stream }
  try {
    const facts = client.inspectRequest(body as never, target)
    const { protocol } = dice.pick(providers[exchange.serviceType].wires)
    const bytes = Buffer.from(JSON.stringify(body))
    if (protocol === exchange.wire) accountProtocols[protocol].adaptRequest(bytes, facts, { model: 'other' }, target)
    const decoded = client.translation?.decodeRequest(body as never, 'm', target)
    const serviceType = dice.pick(Object.keys(providers) as Exchange['serviceType'][])
    const known = findModel(shippedCatalogue, serviceType, corpusModels[serviceType])
    for (const wire of providers[serviceType].wires) {
      const { translation }: AccountProtocol = accountProtocols[wire.protocol]
      if (decoded && translation && known) {
        JSON.parse(encodeFitted(decoded.request, translation, { traits: known.traits, options: wire }).body.toString())
      }
    }
    taken.taken += 1
  } catch (error) {
    if (!(error instanceof AppError) || !['invalid_request', 'not_translatable'].includes(error.code)) throw error
    taken.refused += 1
  }
}

function runCase(dice: Dice): void {
  const exchange = dice.pick(corpus)
  if (dice.below(4) === 0) {
    readRequest(dice, exchange, dice.damageJson(JSON.parse(exchange.request.toString())))
    return
  }
  const bytes = dice.below(3) === 0 ? dice.damageText(exchange.answer) : dice.damageBytes(exchange.answer)
  if (exchange.status !== 200) readRefusal(exchange, exchange.status, bytes)
  else if (exchange.stream) readStream(dice, exchange, bytes)
  else readPlain(dice, exchange, bytes)
}

test(`TR8 ${cases} damaged requests and answers: nothing throws, and no cut of the bytes changes anything`, () => {
  for (let index = 0; index < cases; index += 1) {
    const own = seed + index
    try {
      runCase(createDice(own))
    } catch (error) {
      throw new RangeError(`FUZZ_SEED=${own} FUZZ_CASES=1`, { cause: error })
    }
  }
  if (cases < 1000) return
  for (const [way, count] of Object.entries(taken)) expect(count, way).toBeGreaterThan(cases / 500)
})
