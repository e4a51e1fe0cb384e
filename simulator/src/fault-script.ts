// What a fault script may say: the faults, whom they hit, and the reading of a script from JSON.
// When a rule fires is decided in fault-plan.ts; what a fault does to the wire, in exchange.ts and delivery.ts.
import type { JsonRecord } from './json.ts'
import { isRecord } from './json.ts'
import { SimulatorError } from './simulator-error.ts'
import type { VendorName } from './vendor-name.ts'
import { isVendorName } from './vendor-name.ts'

/** A chunk is one event of a stream, or 64 bytes of a body that is not streamed. Times are real, not scaled. */
export type Fault =
  | { kind: 'refuse' | 'reset' | 'silence' | 'headers-then-silence' }
  | { kind: 'slow-first-token'; ms: number }
  | { kind: 'cut'; afterChunks: number }
  | { kind: 'reset-mid-stream'; afterChunks: number }
  | { kind: 'stall'; afterChunks: number; ms: number }
  | { kind: 'rechunk'; bytes: number }
  /** `at` counts from 0. */
  | { kind: 'malformed-event'; at: number }
  /** `retryAfter`: undefined is the vendor's own hint, null leaves it out. `quota`: the account's money is spent. */
  | { kind: 'status-429'; retryAfter?: string | null; quota?: boolean }
  | { kind: 'overloaded-529' | 'status-500' | 'status-503' | 'status-401' | 'status-402' | 'status-403' }
  | { kind: 'html-error'; status: number }
  | { kind: 'error-in-stream'; afterChunks: number; quota?: boolean }
  | { kind: 'missing-usage' | 'truncated-json' | 'empty-body' }
  /** One of the errors that the vendor's folder names beyond those above; the rule has to match one vendor. */
  | { kind: 'vendor-error'; name: string }
  /** A good answer, compressed where the request accepts that encoding: gzip when left out. */
  | { kind: 'compress'; encoding?: Encoding }
  /** A good answer with headers on top of its own. */
  | { kind: 'extra-headers'; headers: Record<string, string> }

export type Encoding = 'gzip' | 'br' | 'zstd' | 'deflate'

const ENCODINGS: readonly unknown[] = ['gzip', 'br', 'zstd', 'deflate'] satisfies Encoding[]

/** Kinds of requests as faults tell them apart. */
export type FaultTarget = 'generation' | 'embeddings' | 'count' | 'models'

const FAULT_TARGETS: readonly unknown[] = ['generation', 'embeddings', 'count', 'models'] satisfies FaultTarget[]

export type FaultKind = Fault['kind']

export interface FaultMatch {
  vendor?: VendorName
  key?: string
  organisation?: string
  model?: string
  /** Which requests the rule looks at; answers and embeddings where it names none. */
  endpoint?: FaultTarget
  /** The n-th matching request, from 1. */
  nth?: number
  /** Each k-th matching request. */
  every?: number
  /** Drawn from the seed for each matching request. */
  probability?: number
}

export interface FaultRule {
  match: FaultMatch
  /** How often the rule may fire; without end when left out. */
  times?: number
  fault: Fault
}

type Field = 'count' | 'positive' | 'status' | 'flag' | 'hint' | 'name' | 'encoding' | 'headers'

/** Which fields a fault takes; the optional ones end in a question mark. */
const FIELDS: Record<FaultKind, Record<string, Field>> = {
  refuse: {},
  reset: {},
  silence: {},
  'headers-then-silence': {},
  'slow-first-token': { ms: 'count' },
  cut: { afterChunks: 'count' },
  'reset-mid-stream': { afterChunks: 'count' },
  stall: { afterChunks: 'count', ms: 'count' },
  rechunk: { bytes: 'positive' },
  'malformed-event': { at: 'count' },
  'status-429': { 'retryAfter?': 'hint', 'quota?': 'flag' },
  'overloaded-529': {},
  'status-500': {},
  'status-503': {},
  'status-401': {},
  'status-402': {},
  'status-403': {},
  'html-error': { status: 'status' },
  'error-in-stream': { afterChunks: 'count', 'quota?': 'flag' },
  'missing-usage': {},
  'truncated-json': {},
  'empty-body': {},
  'vendor-error': { name: 'name' },
  compress: { 'encoding?': 'encoding' },
  'extra-headers': { headers: 'headers' },
}

const MATCH_FIELDS: Record<keyof FaultMatch, (value: unknown) => boolean> = {
  vendor: isVendorName,
  key: (value) => typeof value === 'string',
  organisation: (value) => typeof value === 'string',
  model: (value) => typeof value === 'string',
  endpoint: (value) => FAULT_TARGETS.includes(value),
  nth: (value) => isField('positive', value),
  every: (value) => isField('positive', value),
  probability: (value) => typeof value === 'number' && value >= 0 && value <= 1,
}

function isField(field: Field, value: unknown): boolean {
  if (field === 'flag') return typeof value === 'boolean'
  if (field === 'hint') return value === null || typeof value === 'string'
  if (field === 'name') return typeof value === 'string' && value !== ''
  if (field === 'encoding') return ENCODINGS.includes(value)
  if (field === 'headers') return isRecord(value) && Object.values(value).every((text) => typeof text === 'string')
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  if (field === 'status') return value >= 400 && value <= 599
  return value >= (field === 'positive' ? 1 : 0)
}

/** Throws `invalid_faults` with the place of the first mistake: a misspelt fault that never fires would pass a test. */
export function parseFaultScript(value: unknown): FaultRule[] {
  if (!Array.isArray(value)) throw new SimulatorError('invalid_faults', 'a fault script must be a JSON array of rules')
  return value.map((rule: unknown, index) => {
    const place = `faults[${index}]`
    if (!isRecord(rule)) throw new SimulatorError('invalid_faults', `${place} must be an object`)
    rejectUnknown(rule, ['match', 'times', 'fault'], place)
    const match = parseMatch(rule['match'] ?? {}, `${place}.match`)
    const fault = parseFault(rule['fault'], `${place}.fault`)
    if (rule['times'] === undefined) return { match, fault }
    if (!isField('positive', rule['times'])) throw wrongField(`${place}.times`)
    return { match, fault, times: rule['times'] as number }
  })
}

function parseMatch(value: unknown, place: string): FaultMatch {
  if (!isRecord(value)) throw new SimulatorError('invalid_faults', `${place} must be an object`)
  rejectUnknown(value, Object.keys(MATCH_FIELDS), place)
  for (const [name, isValid] of Object.entries(MATCH_FIELDS)) {
    if (value[name] !== undefined && !isValid(value[name])) throw wrongField(`${place}.${name}`)
  }
  return value
}

function parseFault(value: unknown, place: string): Fault {
  if (!isRecord(value)) throw new SimulatorError('invalid_faults', `${place} must be an object`)
  const fields = FIELDS[value['kind'] as FaultKind] as Record<string, Field> | undefined
  if (fields === undefined) {
    throw new SimulatorError('invalid_faults', `${place}.kind must be one of ${Object.keys(FIELDS).join(', ')}`)
  }
  const names = Object.keys(fields).map((name) => name.replace('?', ''))
  rejectUnknown(value, ['kind', ...names], place)
  for (const [field, type] of Object.entries(fields)) {
    const name = field.replace('?', '')
    const isLeftOut = value[name] === undefined && field.endsWith('?')
    if (!isLeftOut && !isField(type, value[name])) throw wrongField(`${place}.${name}`)
  }
  return value as unknown as Fault
}

function rejectUnknown(value: JsonRecord, known: readonly string[], place: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new SimulatorError('invalid_faults', `${place}.${unknown} is not a known field`)
}

function wrongField(place: string): SimulatorError {
  return new SimulatorError('invalid_faults', `${place} is missing or has an impossible value`)
}
