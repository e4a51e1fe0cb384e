// Names a process so that it can be recognised later, also after its id was given to another one.
// Owns reading /proc; owner-lock.ts decides what the answers mean.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  pid: number
  host: string
  /** Clock ticks from the machine's start to the process's: proc(5), /proc/<pid>/stat field 22. Absent where there is no /proc. */
  startTicks: string | null
  /** Changes with every start of the machine: /proc/sys/kernel/random/boot_id. */
  bootId: string | null
  /** Processes of different containers cannot see each other's ids: namespaces(7). */
  pidNamespace: string | null
}

export function identifyThisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    startTicks: readStartTicks(process.pid),
    bootId: readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOrNull(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/** `unknown`: it may live where this process cannot see it (another machine or container). */
export function findProcess(owner: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const self = identifyThisProcess()
  const isSameMachineStart = owner.bootId === self.bootId
  if (owner.host !== self.host && !(isSameMachineStart && owner.pidNamespace === self.pidNamespace)) return 'unknown'
  // The same machine, started anew since: nothing of before is left.
  if (!isSameMachineStart) return 'dead'
  if (owner.pidNamespace !== self.pidNamespace) return 'unknown'
  if (!exists(owner.pid)) return 'dead'
  const startTicks = readStartTicks(owner.pid)
  // The id lives; whether it is still the same process only its start can tell.
  return owner.startTicks === null || startTicks === null || startTicks === owner.startTicks ? 'alive' : 'dead'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function readStartTicks(pid: number): string | null {
  return readOrNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may hold spaces; field 22 is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  })
}

function readOrNull(read: () => string | null): string | null {
  try {
    return read()
  } catch {
    // Not Linux, or the process has just ended: then there is nothing to compare.
    return null
  }
}
