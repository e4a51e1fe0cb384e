// What the benchmark tells its load process to do, and what that process answers. Both sides import only this.

/** Requests one after the other on each connection, or long streams side by side. */
export type LoadKind = 'request' | 'stream'

export interface LoadPlan {
  kind: LoadKind
  host: string
  port: number
  path: string
  headers: Record<string, string>
  body: string
  connections: number
  warmUpMs: number
  windowMs: number
  /** Answers after which the window ends early. */
  answersMax: number
  /** Every complete answer must hold this text. */
  marker: string
}

export interface LoadCounts {
  /** Complete, verified answers. */
  answers: number
  /** Events of streams, in whole and in unfinished ones. */
  events: number
}

export interface WindowReport {
  type: 'window-ended'
  window: LoadCounts
  windowMs: number
  latencyMs: { p50: number; p99: number }
}

/** In this order; `failed` may take the place of any. The load ends when every answer that was begun is complete. */
export type LoadReport =
  | { type: 'window-started' }
  | WindowReport
  | { type: 'load-ended'; total: LoadCounts }
  | { type: 'failed'; why: string }
