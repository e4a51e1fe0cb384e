// A record on its way into the journal, and what becomes of it when the disk does not take it. Called by journal.ts and
// journal-syncs.ts; owns neither the file nor the order of writing.
import { AppError } from '@aicarpool/contract'
import { unsentFinal, type IntentEntry } from '../core/journal/entry.ts'
import type { FrameType } from '../core/journal/frame.ts'

export interface JournalRecord {
  readonly type: FrameType
  readonly requestId: string
  readonly attempt: number
  /** JSON of an IntentEntry, a ProgressEntry or a FinalEntry. */
  readonly payload: string
  /** Grows with every record; what stands for another record has its order. */
  readonly order: number
  /** Its caller was told that it is written and acts on it: from now on it cannot be refused, only written again. */
  isAcknowledged: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function acknowledge(record: JournalRecord): void {
  if (record.isAcknowledged) return
  record.isAcknowledged = true
  record.resolve()
}

/** An INTENT that nobody acts on yet: the one kind of record that can be refused instead of kept. */
export function isRefusable(record: JournalRecord): boolean {
  return record.type === 'intent' && !record.isAcknowledged
}

/** Only good for recovering an attempt: a disk in trouble is not given it. */
export function isDispensable(record: JournalRecord): boolean {
  return record.type === 'progress'
}

/** Its caller answers 503 and sends nothing to a provider. */
export function refuse(record: JournalRecord, cause?: unknown): void {
  record.reject(new AppError('journal_unavailable', { cause }))
}

/** "request id-attempt": what an attempt is called in messages, and what its INTENT and its FINAL have in common. */
export function attemptName(record: JournalRecord): string {
  return `${record.requestId}-${record.attempt}`
}

/**
 * The end of a refused INTENT whose bytes may stand on the disk all the same: without one it would be billed as an attempt that a
 * crash cut short. Nobody waits for it.
 */
export function endOfRefused({ requestId, attempt, order, payload }: JournalRecord): JournalRecord {
  return {
    type: 'final',
    requestId,
    attempt,
    order,
    payload: JSON.stringify(unsentFinal(JSON.parse(payload) as IntentEntry, 'journal_unavailable')),
    isAcknowledged: true,
    resolve: () => undefined,
    reject: () => undefined,
  }
}

/**
 * Which of the records that a failed sync may have lost must be written again. An INTENT whose FINAL exists is not: behind
 * its FINAL it would look like an attempt that never ended, and the FINAL says all that it said.
 */
export function stillNeeded(lost: readonly JournalRecord[], others: readonly JournalRecord[]): JournalRecord[] {
  const ended = new Set([...lost, ...others].filter((record) => record.type === 'final').map(attemptName))
  return lost.filter((record) => record.type === 'final' || (!isDispensable(record) && !ended.has(attemptName(record))))
}
