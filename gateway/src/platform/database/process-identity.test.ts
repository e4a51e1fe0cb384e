// Which owners of a data directory count as dead: only those that cannot possibly live.
import { expect, test } from 'vitest'
import { findProcess, identifyThisProcess } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

const self: ProcessIdentity = { ...identifyThisProcess(), host: 'server-1', bootId: 'boot-1', pidNamespace: 'pid:[1]' }
const inDocker: ProcessIdentity = { ...self, host: '0a1b2c3d4e5f' }

// Higher than any id the kernel gives out: proc(5), /proc/sys/kernel/pid_max.
const pidAboveMax = 4_194_305

const cases: [string, Partial<ProcessIdentity>, ProcessIdentity, 'alive' | 'dead' | 'unknown'][] = [
  ['itself', {}, self, 'alive'],
  ['an id that no process has', { pid: pidAboveMax }, self, 'dead'],
  ['an id that another process has now', { startTicks: '1' }, self, process.platform === 'linux' ? 'dead' : 'alive'],
  ['from before the machine’s last start', { bootId: 'boot-0' }, self, 'dead'],
  ['on another machine', { host: 'server-2', bootId: 'boot-2' }, self, 'unknown'],
  ['on this machine under its former name', { host: 'old-name' }, self, 'alive'],
  ['in another container', { host: 'ffffffffffff', pidNamespace: 'pid:[2]' }, inDocker, 'unknown'],
  ['in this container before its restart', { host: inDocker.host, pidNamespace: 'pid:[2]' }, inDocker, 'dead'],
  ['in a container that bears the machine’s name', { pidNamespace: 'pid:[2]' }, self, 'unknown'],
]

test.each(cases)('an owner %s', (_, owner, observer, state) => {
  expect(findProcess({ ...self, ...owner }, observer)).toBe(state)
})
