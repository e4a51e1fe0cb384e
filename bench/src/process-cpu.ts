// CPU time of processes from /proc, per thread, so that a worker thread shows beside the main one. Linux only.
import { readdirSync, readFileSync } from 'node:fs'

/** `utime` and `stime` are in ticks of USER_HZ, which is 100 on every Linux that Node runs on (proc_pid_stat(5)). */
const microsecondsPerTick = 10_000

export interface ThreadCpu {
  pid: number
  tid: number
  name: string
  microseconds: number
}

/** The process and everything it started. */
export function processTree(pid: number): number[] {
  const children = listOf(`/proc/${pid}/task`).flatMap((tid) =>
    readOrEmpty(`/proc/${pid}/task/${tid}/children`).split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(processTree)]
}

/** CPU used so far by each living thread of the processes. */
export function readThreads(pids: readonly number[]): ThreadCpu[] {
  return pids.flatMap((pid) =>
    listOf(`/proc/${pid}/task`).flatMap((tid) => {
      const parsed = parseStat(readOrEmpty(`/proc/${pid}/task/${tid}/stat`))
      return parsed === undefined ? [] : [{ pid, tid: Number(tid), ...parsed }]
    }),
  )
}

/** CPU of whole processes in microseconds; unlike the sum of the threads it also counts threads that have ended. */
export function readProcesses(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (parseStat(readOrEmpty(`/proc/${pid}/stat`))?.microseconds ?? 0), 0)
}

/** The name stands in parentheses and may hold spaces and parentheses itself; fields are counted from its last one. */
export function parseStat(stat: string): { name: string; microseconds: number } | undefined {
  const nameEnd = stat.lastIndexOf(')')
  if (nameEnd === -1) return undefined
  const fields = stat.slice(nameEnd + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return {
    name: stat.slice(stat.indexOf('(') + 1, nameEnd),
    microseconds: (userTicks + systemTicks) * microsecondsPerTick,
  }
}

/** What each kind of thread used between two readings, biggest first. Threads of one name are summed. */
export function usedByThread(before: readonly ThreadCpu[], after: readonly ThreadCpu[]): Record<string, number> {
  const used = new Map<string, number>()
  for (const { pid, tid, name, microseconds } of after) {
    const earlier = before.find((thread) => thread.pid === pid && thread.tid === tid)?.microseconds ?? 0
    const label = pid === tid ? 'main' : name
    used.set(label, (used.get(label) ?? 0) + microseconds - earlier)
  }
  return Object.fromEntries([...used].toSorted(([, a], [, b]) => b - a))
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // The process ended between two looks.
    return []
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // The thread ended between listing and reading it.
    return ''
  }
}
