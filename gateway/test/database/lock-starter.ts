// A process of its own that takes or releases a data directory when told to, and says how it went, until its input ends.
// Started by owner-lock.test.ts.
import { createInterface } from 'node:readline'
import { DatabaseError } from '../../src/platform/database/errors.ts'
import { acquireOwnerLock } from '../../src/platform/database/owner-lock.ts'
import type { OwnerLock } from '../../src/platform/database/owner-lock.ts'

const [dataDir = ''] = process.argv.slice(2)
let lock: OwnerLock | undefined

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

createInterface({ input: process.stdin }).on('line', (command) => {
  if (command === 'release') {
    lock?.release()
    lock = undefined
    say('released')
    return
  }
  try {
    lock = acquireOwnerLock(dataDir)
    say({ epoch: lock.epoch })
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    say({ code: error.code, message: error.message })
  }
})
say('started')
