// Whether the gateway lives, can work, and what it is: for load balancers, the doctor and the console's first page.
// Owns no state; app.ts passes functions that look.
import type { FastifyInstance } from 'fastify'
import { succeed } from '../../platform/http/control-server.ts'
import type { Timers } from '../../platform/timers.ts'
import { createReadiness, type ReadinessChecks } from './status.ts'

export interface StatusOptions {
  version: string
  databaseKind: 'embedded' | 'server'
  /** Epoch milliseconds. */
  startedAtMs: number
  needsSetup: () => boolean
  checks: ReadinessChecks
  timers: Timers
}

export function registerStatusRoutes(server: FastifyInstance, options: StatusOptions): void {
  const config = { permission: 'public' } as const
  const readiness = createReadiness(options.checks, options.timers)
  const startedAt = new Date(options.startedAtMs).toISOString()

  server.get('/healthz', { config }, async () => ({ status: 'alive' }))

  server.get('/readyz', { config }, async (_request, reply) => {
    const found = await readiness()
    return reply.code(found.ready ? 200 : 503).send(found)
  })

  server.get('/api/status', { config }, async () => {
    const { ready } = await readiness()
    return succeed({
      name: 'AiCarpool',
      version: options.version,
      ready,
      needsSetup: options.needsSetup(),
      database: options.databaseKind,
      startedAt,
    })
  })
}
