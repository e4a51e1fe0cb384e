// What the gateway's thread and the thread of the embedded engine say to each other. Only plain data crosses.
// Owns the shapes; embedded-engine.ts sends requests, embedded-worker.ts answers them.

export interface WorkerStart {
  directory: string
}

export type WorkerRequest =
  | { id: number; kind: 'run'; text: string; params: readonly (string | null)[] }
  | { id: number; kind: 'script'; text: string }
  | { id: number; kind: 'stop' }

/** A result as text: the receiving side knows the types (wire-values.ts), so both engines parse in one place. */
export interface RawResult {
  fields: { name: string; type: number }[]
  rows: (string | null)[][]
  rowCount: number
  command: string
}

export interface RawFailure {
  message: string
  code?: string | undefined
  constraint?: string | undefined
  table?: string | undefined
  column?: string | undefined
}

export type WorkerReport =
  | { kind: 'ready' }
  | { kind: 'answer'; id: number; result: RawResult | undefined }
  | { kind: 'refusal'; id: number; failure: RawFailure }
  | { kind: 'notice'; channel: string; payload: string }
  | { kind: 'crash'; message: string }
