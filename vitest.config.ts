// The test projects. `unit` is pure and fast (part of `npm run check`); the others open sockets, databases and browsers.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const wholeSystemTimeoutMs = 120_000
/** Properties run for a second or two; a busy machine must not make failures of them. */
const unitTimeoutMs = 30_000

/** The tests wait for clocks, disks and processes more than they compute: one worker, as two cores get by default, is half idle. */
const workersMin = 3

export default defineConfig({
  test: {
    maxWorkers: Math.max(workersMin, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'tidy.test.ts',
            '{contract,gateway,console,simulator,bench}/src/**/*.test.ts',
            'gateway/scripts/**/*.test.ts',
          ],
          testTimeout: unitTimeoutMs,
          hookTimeout: unitTimeoutMs,
        },
      },
      {
        test: {
          name: 'gateway',
          include: ['gateway/test/{cli,control,database,dataplane}/**/*.test.ts'],
          testTimeout: wholeSystemTimeoutMs,
          hookTimeout: wholeSystemTimeoutMs,
        },
      },
      {
        test: {
          // Needs no database, so it is run once where the gateway is run on two.
          name: 'wires',
          include: ['gateway/test/protocols/**/*.test.ts'],
          testTimeout: wholeSystemTimeoutMs,
          hookTimeout: wholeSystemTimeoutMs,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/*.test.ts'],
          testTimeout: wholeSystemTimeoutMs,
          hookTimeout: wholeSystemTimeoutMs,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'clients',
          include: ['e2e/clients/*.test.ts'],
          testTimeout: wholeSystemTimeoutMs,
          hookTimeout: wholeSystemTimeoutMs,
        },
      },
    ],
  },
})
