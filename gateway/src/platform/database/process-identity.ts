// Names a process so that it can be recognised later, also after its id was given to another one.
// Owns reading /proc; owner-lock.ts decides what the answers mean.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  pid: number
  host: string
  /**
   * Clock ticks from the machine's start to the process's: proc(5), /proc/<pid>/stat field 22. Absent where there is
   * no /proc.
   */
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

// Docker names a container by the first twelve digits of its id unless told otherwise. No other container has that
// name, and a restarted one has new namespaces, so an owner of this name in another namespace is the one before the
// restart.
const dockerHostPattern = /^[0-9a-f]{12}$/

/** `unknown`: it may live where this process cannot see it (another machine or container). */
export function findProcess(
  owner: ProcessIdentity,
  self: ProcessIdentity = identifyThisProcess(),
): 'alive' | 'dead' | 'unknown' {
  const isSameHost = owner.host === self.host
  const isSameMachineStart = owner.bootId === self.bootId
  const isSameNamespace = isSameMachineStart && owner.pidNamespace === self.pidNamespace
  if (!isSameHost && !isSameNamespace) return 'unknown'
  // The same machine, started anew since: nothing of before is left.
  if (!isSameMachineStart) return 'dead'
  if (!isSameNamespace) return dockerHostPattern.test(self.host) ? 'dead' : 'unknown'
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
