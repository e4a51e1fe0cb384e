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

export type LoadReport =
  | { type: 'window-started' }
  | {
      type: 'window-ended'
      window: LoadCounts
      windowMs: number
      total: LoadCounts
      latencyMs: { p50: number; p99: number }
    }
  | { type: 'failed'; why: string }
