// The gateway's side of the engine's thread: starts it, sends statements, hands out answers and notices, notices its
// death. Owns the worker and the calls under way; owns no order of callers (embedded.ts does that).
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ConnectionResult } from './connection.ts'
import { DatabaseError, statementError } from './errors.ts'
import type { RawResult, WorkerReport, WorkerRequest, WorkerStart } from './embedded-messages.ts'
import { encodeParameter, parserOf } from './wire-values.ts'

interface Call {
  resolve(result: RawResult | undefined): void
  reject(error: DatabaseError): void
}

type Unnumbered = WorkerRequest extends infer Each ? (Each extends unknown ? Omit<Each, 'id'> : never) : never

export interface EngineOptions {
  directory: string
  onNotice: (channel: string, payload: string) => void
  /** Called at most once, when the engine dies without having been asked to stop. */
  onDeath: (error: DatabaseError) => void
}

export class EmbeddedEngine {
  readonly #worker: Worker
  readonly #options: EngineOptions
  readonly #calls = new Map<number, Call>()
  #lastId = 0
  #death: DatabaseError | undefined
  #isStopping = false

  private constructor(worker: Worker, options: EngineOptions) {
    this.#worker = worker
    this.#options = options
    worker.on('message', (report: WorkerReport) => this.#receive(report))
    worker.on('error', (error: Error) => this.#die(`the thread of the embedded database failed: ${error.message}`))
    worker.on('exit', () => this.#die('the thread of the embedded database ended'))
  }

  /** Resolves when the engine answers. Fails with `database_unreachable` when the directory cannot be opened. */
  static async start(options: EngineOptions): Promise<EmbeddedEngine> {
    const start: WorkerStart = { directory: options.directory }
    const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
      workerData: start,
      name: 'embedded-database',
    })
    const report = await firstReport(worker)
    if (report.kind === 'ready') return new EmbeddedEngine(worker, options)
    await worker.terminate()
    const why = report.kind === 'crash' ? report.message : `it said ${report.kind} first`
    throw new DatabaseError('database_unreachable', `the embedded database in ${options.directory} failed: ${why}`)
  }

  async run<Row>(text: string, params: readonly unknown[] = []): Promise<ConnectionResult<Row>> {
    const raw = await this.#call({ kind: 'run', text, params: params.map(encodeParameter) })
    if (!raw) throw new DatabaseError('database_stopped', 'the embedded database gave an answer without a result')
    return { rows: buildRows<Row>(raw), rowCount: raw.rowCount, command: raw.command }
  }

  async script(text: string): Promise<void> {
    await this.#call({ kind: 'script', text })
  }

  async stop(): Promise<void> {
    if (this.#death) return
    this.#isStopping = true
    const ended = once(this.#worker, 'exit')
    await this.#call({ kind: 'stop' })
    await ended
  }

  /** Ends the thread without a word, as a crash would. For tests of what happens then. */
  async kill(): Promise<void> {
    await this.#worker.terminate()
  }

  #call(request: Unnumbered): Promise<RawResult | undefined> {
    if (this.#death) return Promise.reject(this.#death)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#worker.postMessage({ id, ...request })
    })
  }

  #receive(report: WorkerReport): void {
    if (report.kind === 'notice') this.#options.onNotice(report.channel, report.payload)
    else if (report.kind === 'crash') this.#die(`the embedded database failed: ${report.message}`)
    else if (report.kind === 'answer') this.#take(report.id)?.resolve(report.result)
    else if (report.kind === 'refusal') this.#take(report.id)?.reject(statementError(report.failure))
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call
  }

  #die(why: string): void {
    if (this.#death) return
    this.#death = new DatabaseError('database_stopped', why)
    for (const call of this.#calls.values()) call.reject(this.#death)
    this.#calls.clear()
    if (!this.#isStopping) this.#options.onDeath(this.#death)
  }
}

/** A thread that ends or fails before it said anything counts as a crash. */
async function firstReport(worker: Worker): Promise<WorkerReport> {
  const listening = new AbortController()
  const { signal } = listening
  const ended = once(worker, 'exit', { signal }).then(() => [{ kind: 'crash', message: 'its thread ended at once' }])
  const spoke = once(worker, 'message', { signal })
  try {
    const [report] = (await Promise.race([spoke, ended])) as [WorkerReport]
    return report
  } catch (error) {
    return { kind: 'crash', message: error instanceof Error ? error.message : 'its thread failed' }
  } finally {
    listening.abort()
    // The loser of the race rejects with the abort; nobody waits for it any more.
    await Promise.allSettled([spoke, ended])
  }
}

function buildRows<Row>(raw: RawResult): Row[] {
  const columns = raw.fields.map(({ name, type }) => ({ name, parse: parserOf(type) }))
  return raw.rows.map((cells) => {
    const row: Record<string, unknown> = {}
    for (const [index, { name, parse }] of columns.entries()) {
      const cell = cells[index]
      row[name] = cell === null || cell === undefined ? null : parse(cell)
    }
    // What a statement selects is known to its author alone; the type parameter is that knowledge.
    return row as Row
  })
}
