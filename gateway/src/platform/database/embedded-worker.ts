// The thread in which the embedded PostgreSQL (PGlite) runs, so that its work never stops the gateway's event loop.
// Owns the engine and nothing else: order, transactions and types are the business of the other side.
// Started by embedded-engine.ts only, as a worker thread.
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { DatabaseError } from './errors.ts'
import type { RawFailure, RawResult, WorkerReport, WorkerRequest, WorkerStart } from './embedded-messages.ts'
import { encodeStatement, readAnswer } from './wire-protocol.ts'

// The engine's default buffers bring the process to about 300 MB resident; with 16 MB it is about 205 MB, and our
// rows are read in ranges that fit.
const sharedBuffers = 'shared_buffers=16MB'

// Bounds what a start after a crash has to replay, to about a second.
const walSizeMax = 'max_wal_size=64MB'

// Every snapshot carries the current segment of the write-ahead log whole: 1 MB instead of 16. Decided when the
// directory is made (initdb); later starts ignore it.
const walSegmentSize = '--wal-segsize=1'

function port(): NonNullable<typeof parentPort> {
  if (!parentPort) throw new DatabaseError('database_stopped', 'this file runs as a worker thread only')
  return parentPort
}

function report(message: WorkerReport): void {
  port().postMessage(message)
}

async function openEngine({ directory }: WorkerStart): Promise<PGlite> {
  const engine = new PGlite(directory, {
    initDbStartParams: [walSegmentSize],
    startParams: [...PGlite.defaultStartParams, '-c', sharedBuffers, '-c', walSizeMax],
  })
  await engine.waitReady
  await engine.exec(`SET TIME ZONE 'UTC'`)
  engine.onNotification((channel, payload) => report({ kind: 'notice', channel, payload }))
  return engine
}

async function answer(engine: PGlite, request: WorkerRequest): Promise<void> {
  try {
    const result = await perform(engine, request)
    report({ kind: 'answer', id: request.id, result })
  } catch (error) {
    const failure = describeFailure(error)
    report({ kind: 'refusal', id: request.id, failure })
    // Without an SQLSTATE it was not PostgreSQL that refused: the engine itself broke, and nothing it says from now
    // on can be trusted. Recovery is a new process on the same directory.
    if (failure.code === undefined) crash(failure.message)
  }
  if (request.kind === 'stop') port().close()
}

async function perform(engine: PGlite, request: WorkerRequest): Promise<RawResult | undefined> {
  switch (request.kind) {
    case 'run': {
      const statement = encodeStatement(request.text, request.params)
      return readAnswer((await engine.execProtocol(statement, { syncToFs: false })).messages)
    }
    case 'script':
      await engine.exec(request.text)
      return undefined
    case 'stop':
      await engine.close()
      return undefined
  }
}

/** Copies the harmless parts only. The engine's error also carries the statement's parameters, which may be secrets. */
function describeFailure(error: unknown): RawFailure {
  if (!(error instanceof Error)) return { message: 'the embedded database failed' }
  const { message } = error
  const { code, constraint, table, column } = error as RawFailure & Error
  return typeof code === 'string' ? { message, code, constraint, table, column } : { message }
}

function crash(message: string): void {
  report({ kind: 'crash', message })
  process.exitCode = 1
  port().close()
}

try {
  const engine = await openEngine(workerData as WorkerStart)
  // One after the other, also when one transaction sends several at once.
  let last = Promise.resolve()
  port().on('message', (request: WorkerRequest) => {
    last = last.then(() => answer(engine, request))
  })
  report({ kind: 'ready' })
} catch (error) {
  crash(error instanceof Error ? error.message : 'the embedded database did not start')
}
