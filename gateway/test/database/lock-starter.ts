// A process of its own that tries to own a data directory, says how it went, and stays until its input ends.
// Started by owner-lock.test.ts.
import { DatabaseError } from '../../src/platform/database/errors.ts'
import { acquireOwnerLock } from '../../src/platform/database/owner-lock.ts'

const [dataDir = ''] = process.argv.slice(2)
process.stdin.once('data', () => {
  try {
    const lock = acquireOwnerLock(dataDir)
    process.stdout.write(`${JSON.stringify({ epoch: lock.epoch })}\n`)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`)
  }
})
process.stdin.once('end', () => process.exit(0))
process.stdout.write('"started"\n')
