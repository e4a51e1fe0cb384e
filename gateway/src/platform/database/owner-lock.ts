// One data directory has one owner. The embedded engine locks nothing, and two processes on one directory silently lose
// acknowledged rows, so this lock stands in front of it, and its epoch names the owner in the journal.
// Called by the composition root and by every command that opens the directory; open.ts checks that somebody did.
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { DatabaseError } from './errors.ts'
import { findProcess, identifyThisProcess } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

// Each acquisition creates the file of the next epoch (`owner-000000000007.lock`) with link(2), which fails if it
// exists: of several starters exactly one wins, and nothing that is contended for is ever renamed or deleted. The file
// of the highest epoch is the lock. Release marks it instead of deleting it, so the epoch survives.

// Each lost round means that another starter won it; they cannot all win again and again.
const acquireAttemptsMax = 100

const lockFilePattern = /^owner-(\d{12})\.lock$/
const epochFileName = 'owner-epoch'

export interface OwnerLock {
  readonly dataDir: string
  /** Grows by one with each acquisition of this directory. */
  readonly epoch: number
  readonly isHeld: boolean
  release(): void
}

interface LockContent extends ProcessIdentity {
  epoch: number
  acquiredAt: string
  releasedAt: string | null
}

export interface OwnerLockOptions {
  clock?: Clock | undefined
}

/** Files of the lock, which a backup leaves out: they belong to the directory, not to its contents. */
export function isOwnerLockFile(name: string): boolean {
  return name === epochFileName || name.startsWith('owner-')
}

/** Fails with `data_dir_locked` while another owner lives. Takes over from one that is dead. */
export function acquireOwnerLock(dataDir: string, options: OwnerLockOptions = {}): OwnerLock {
  const directory = resolve(dataDir)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const clock = options.clock ?? systemClock
  for (let attempt = 0; attempt < acquireAttemptsMax; attempt += 1) {
    // Before the listing: read after it, it could be a newcomer's, and the next number beside his would be free.
    const recorded = readEpochFile(directory)
    const newest = refuseIfOwned(directory)
    const epoch = Math.max(newest, recorded) + 1
    const content: LockContent = {
      ...identifyThisProcess(),
      epoch,
      acquiredAt: new Date(clock.now()).toISOString(),
      releasedAt: null,
    }
    if (!createLockFile(directory, content)) continue
    if (isContested(directory, epoch)) {
      rmSync(lockPath(directory, epoch), { force: true })
      continue
    }
    replaceFile(join(directory, epochFileName), `${epoch}\n`)
    removeOlder(directory, epoch)
    return createLock(directory, content, clock)
  }
  throw new DatabaseError('data_dir_locked', `${directory} was taken by others ${acquireAttemptsMax} times in a row`)
}

export interface Owner {
  pid: number
  host: string
  acquiredAt: string
  /** It cannot be told from here whether it still lives, so it counts as alive. */
  isOutOfSight: boolean
}

/** The directory's owner, unless it is known to be dead or has released it. */
export function findOwner(dataDir: string): Owner | undefined {
  const directory = resolve(dataDir)
  if (!existsSync(directory)) return undefined
  const content = readLock(directory, newestEpoch(directory))
  if (!content || content.releasedAt !== null) return undefined
  const state = findProcess(content)
  if (state === 'dead') return undefined
  return { pid: content.pid, host: content.host, acquiredAt: content.acquiredAt, isOutOfSight: state === 'unknown' }
}

/** Makes the epochs to come start above `floor`: a restored journal may carry higher ones than this directory knew. */
export function raiseOwnerEpoch(lock: OwnerLock, floor: number): void {
  replaceFile(join(lock.dataDir, epochFileName), `${Math.max(lock.epoch, floor)}\n`)
}

/** The epoch of the last acquisition, 0 where there was none. */
export function readOwnerEpoch(dataDir: string): number {
  const directory = resolve(dataDir)
  return existsSync(directory) ? Math.max(newestEpoch(directory), readEpochFile(directory)) : 0
}

function refuseIfOwned(directory: string): number {
  const newest = newestEpoch(directory)
  const owner = findOwner(directory)
  if (!owner) return newest
  const who = `process ${owner.pid} on ${owner.host} has owned it since ${owner.acquiredAt}`
  const remedy = owner.isOutOfSight
    ? 'it is on another machine or in another container; if that is gone for good, ' +
      `delete ${lockPath(directory, newest)} and start again`
    : owner.pid === process.pid
      ? 'that is this very process: it must open the directory once only'
      : `stop it first (kill ${owner.pid}), or use another data directory`
  throw new DatabaseError('data_dir_locked', `the data directory ${directory} is in use: ${who}; ${remedy}`)
}

/**
 * A starter that slept between looking and creating may have made a number that a later owner already cleaned away, or
 * one above an owner it did not see. Of two that live, the one that created later sees the other here and steps back.
 */
function isContested(directory: string, epoch: number): boolean {
  return listEpochs(directory).some((other) => {
    if (other === epoch) return false
    const content = readLock(directory, other)
    return other > epoch || (content?.releasedAt === null && findProcess(content) !== 'dead')
  })
}

function createLock(directory: string, content: LockContent, clock: Clock): OwnerLock {
  let isHeld = true
  return {
    dataDir: directory,
    epoch: content.epoch,
    get isHeld() {
      return isHeld
    },
    release() {
      if (!isHeld) return
      isHeld = false
      const path = lockPath(directory, content.epoch)
      // Only what is still ours is marked: the directory may have been moved aside or removed meanwhile.
      if (!existsSync(path)) return
      replaceFile(path, JSON.stringify({ ...content, releasedAt: new Date(clock.now()).toISOString() }))
    },
  }
}

/** Creates the epoch's file with its whole content at once; false when somebody else did. */
function createLockFile(directory: string, content: LockContent): boolean {
  const draft = writeDraft(directory, JSON.stringify(content))
  try {
    linkSync(draft, lockPath(directory, content.epoch))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function replaceFile(path: string, text: string): void {
  renameSync(writeDraft(join(path, '..'), text), path)
}

function writeDraft(directory: string, text: string): string {
  const path = join(directory, `owner-draft-${randomUUID()}`)
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    // An epoch that a power cut takes back would be given out twice, and the journal could not tell the two apart.
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return path
}

function newestEpoch(directory: string): number {
  return Math.max(0, ...listEpochs(directory))
}

function listEpochs(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const digits = lockFilePattern.exec(name)?.[1]
    return digits === undefined ? [] : [Number(digits)]
  })
}

function readLock(directory: string, epoch: number): LockContent | undefined {
  if (epoch === 0) return undefined
  try {
    return JSON.parse(readFileSync(lockPath(directory, epoch), 'utf8')) as LockContent
  } catch (error) {
    // A later owner cleaned it away between the listing and the reading; the next round sees that owner.
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function readEpochFile(directory: string): number {
  const path = join(directory, epochFileName)
  return existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) || 0 : 0
}

function removeOlder(directory: string, epoch: number): void {
  for (const other of listEpochs(directory)) {
    if (other < epoch) rmSync(lockPath(directory, other), { force: true })
  }
}

function lockPath(directory: string, epoch: number): string {
  return join(directory, `owner-${String(epoch).padStart(12, '0')}.lock`)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
