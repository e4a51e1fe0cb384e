// POST /api/setup: the one route that may be called before anybody exists. Owns the throttle and the order of checks.
import { AppError } from '@aicarpool/contract'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import { succeed } from '../../platform/http/control-server.ts'
import type { Random } from '../../platform/random.ts'
import { createAttemptLimit } from './attempt-limit.ts'
import { setupRequest, setUp } from './setup.ts'

export interface SetupRoutesOptions {
  database: Database
  random: Random
  clock: Clock
  /** Called once, after the set-up is committed and before the answer is sent: from now on the gateway may listen beyond loopback. */
  onSetUp: () => void | Promise<void>
}

export function registerSetupRoutes(server: FastifyInstance, options: SetupRoutesOptions): void {
  const attempts = createAttemptLimit(options.clock)

  server.post('/api/setup', { config: { permission: 'public' } }, async (request, reply) => {
    const body = setupRequest.parse(request.body)
    // Counted before the token is looked at, so that tries made at the same time are counted too.
    const retryAfterMs = attempts.take(request.ip)
    if (retryAfterMs !== undefined) throw new AppError('too_many_requests', { retryAfterMs })
    const made = await setUp(options, body)
    attempts.giveBack(request.ip)
    await options.onSetUp()
    return reply.code(201).send(succeed(made))
  })
}
