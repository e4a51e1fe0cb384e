// The Fastify instance for everything that is not model traffic: envelope, request ids, security headers, permissions.
// Owns what holds for every route; the routes are registered by the features, and app.ts owns the listening socket.
import { assert, AppError } from '@aicarpool/contract'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  type RouteOptions,
} from 'fastify'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'
import { answerError } from './error-answer.ts'
import { securityHeaders } from './security-headers.ts'

/** Who may call a route: anybody, the bearer of a gateway key, or a person who is logged in. */
export type Permission = 'public' | 'key' | 'session'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Required: a route without one stops the start. */
    permission?: Permission
    /** Runs before the body is read; throws the refusal. Required unless the permission is `public`. */
    authorise?: (request: FastifyRequest) => void | Promise<void>
  }
}

export interface ControlServerOptions {
  log: Log
  random: Random
  /** Where app.ts puts its own node:http server with the model traffic in front. */
  serverFactory?: FastifyServerFactory
}

/** Set-up, settings and lists of ids are the largest bodies here; model requests never come this way. */
const bodyLimitBytes = 1024 * 1024
/** Ids are 36 characters; longer parameters are an attack on the router. */
const paramLengthMax = 200

export function createControlServer(options: ControlServerOptions): FastifyInstance {
  const { log, random } = options
  const server = Fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: paramLengthMax },
    // The caller's own header is not believed: it would let anybody write into the log's identifiers.
    requestIdHeader: false,
    genReqId: () => random.uuid(),
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply)
      void refuse(error, request, reply, log)
    },
    ...(options.serverFactory === undefined ? {} : { serverFactory: options.serverFactory }),
  })
  // JSON only. A text/plain body can be posted by any web page without asking first (a "simple request" of CORS).
  server.removeContentTypeParser('text/plain')
  server.addHook('onRoute', checkPermission)
  server.addHook('onRequest', async (request, reply) => {
    setHeaders(request, reply)
    await request.routeOptions.config.authorise?.(request)
  })
  server.setErrorHandler((error, request, reply) => refuse(error, request, reply, log))
  server.setNotFoundHandler((request, reply) => refuse(new AppError('not_found'), request, reply, log))
  return server
}

/** The envelope of every successful answer. */
export function succeed<Data>(data: Data): { success: true; data: Data } {
  return { success: true, data }
}

function checkPermission(route: RouteOptions): void {
  const name = `${String(route.method)} ${route.url}`
  const permission = route.config?.permission
  assert(permission !== undefined, `the route ${name} declares its permission`)
  const guarded = route.config?.authorise !== undefined
  assert(guarded === (permission !== 'public'), `the route ${name} checks the permission it declares`)
}

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of securityHeaders(request.protocol === 'https')) reply.header(name, value)
  reply.header('x-request-id', request.id)
  // Answers of the API are about one caller at one moment; static files say otherwise for themselves.
  reply.header('cache-control', 'no-store')
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const answer = answerError(error, request.id)
  if (answer.isBug)
    log.error(
      { err: error, requestId: request.id, method: request.method, route: request.routeOptions.url },
      'a request failed unexpectedly',
    )
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', String(answer.retryAfterSeconds))
  return reply.code(answer.status).type('application/json; charset=utf-8').send(answer.body)
}
