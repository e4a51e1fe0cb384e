// Serves the built console. Hashed assets may be kept for ever, the page itself is always asked for again, and every address
// that no route has is the page too, because the console routes in the browser. Owns no content.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { notBuiltPage } from './not-built-page.ts'

export interface ConsoleOptions {
  /** The folder that the console's build writes. May be missing, and may appear while the gateway runs. */
  directory: string
}

/** The bundler puts files whose names hold a hash of their content here; such a name never means other content. */
const hashedAssets = /^assets\/[^/]+$/
/** The last segment has an extension: a file was asked for, and a page in its place would be read as a script. */
const looksLikeFile = /\.[A-Za-z0-9]+$/
/** Addresses of programs: a mistyped one gets an error it can read, not a page. */
const programPath = /^(api|v1|v1beta)(\/|$)/
/** RFC 9111 has no "for ever"; a year is what caches treat as that. */
const yearSeconds = 31_536_000

export async function registerConsole(server: FastifyInstance, options: ConsoleOptions): Promise<void> {
  await server.register(staticFiles, { serve: false, dotfiles: 'deny', cacheControl: false })

  server.get<{ Params: { '*': string } }>('/*', { config: { permission: 'public' } }, async (request, reply) => {
    const path = request.params['*']
    if (programPath.test(path)) return reply.callNotFound()
    if (looksLikeFile.test(path) && path !== 'index.html') return sendAsset(reply, options.directory, path)
    const wantsPage = path === '' || path === 'index.html' || request.headers.accept?.includes('text/html') === true
    return wantsPage ? sendPage(reply, options.directory) : reply.callNotFound()
  })
}

function sendAsset(reply: FastifyReply, directory: string, path: string): FastifyReply {
  const immutable = hashedAssets.test(path) && existsSync(join(directory, path))
  // An answer of "not found" must not be kept: during an upgrade the file may be there a moment later.
  reply.header('cache-control', immutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
  return reply.sendFile(path, directory)
}

function sendPage(reply: FastifyReply, directory: string): FastifyReply {
  if (!existsSync(join(directory, 'index.html'))) {
    return reply.code(503).type('text/html; charset=utf-8').send(notBuiltPage)
  }
  reply.header('cache-control', 'no-cache')
  return reply.sendFile('index.html', directory)
}
