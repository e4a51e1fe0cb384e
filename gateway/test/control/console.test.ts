// The console's files: caching, the fallback to the page, and what is never a page.
import type { FastifyInstance } from 'fastify'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { registerConsole } from '../../src/controlplane/console/routes.ts'
import { createControlServer } from '../../src/platform/http/control-server.ts'
import { createLog } from '../../src/platform/log.ts'
import { systemRandom } from '../../src/platform/random.ts'

let parent: string
let directory: string
let server: FastifyInstance
let base: string

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'aicarpool-console-'))
  directory = join(parent, 'dist')
  writeFileSync(join(parent, 'secret.txt'), 'canary')
  server = createControlServer({ log: createLog({ level: 'silent' }), random: systemRandom })
  await registerConsole(server, { directory })
  base = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server.close()
  rmSync(parent, { recursive: true, force: true })
})

function build() {
  mkdirSync(join(directory, 'assets'), { recursive: true })
  writeFileSync(join(directory, 'index.html'), '<title>the page</title>')
  writeFileSync(join(directory, 'favicon.svg'), '<svg/>')
  writeFileSync(join(directory, '.hidden.txt'), 'canary')
  writeFileSync(join(directory, 'assets', 'index-AbCd1234.js'), 'export {}')
}
const get = async (path: string, accept = 'text/html,application/xhtml+xml') => {
  const response = await fetch(base + path, { headers: { accept } })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('without a build the page says how to build it, with all security headers', async () => {
  const answer = await get('/')
  expect(answer.status).toBe(503)
  expect(answer.text).toContain('npm run build')
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
})

test('a build that appears while the gateway runs is served at once', async () => {
  expect((await get('/')).status).toBe(503)
  build()
  expect((await get('/')).status).toBe(200)
})

test.each(['/', '/index.html', '/setup', '/connect?x=1', '/deep/link/of/the/console'])(
  '%s is the page, asked for again each time',
  async (path) => {
    build()
    const answer = await get(path)
    expect([answer.status, answer.text]).toEqual([200, '<title>the page</title>'])
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(answer.headers.get('content-security-policy')).toBeTruthy()
  },
)

test('hashed assets are kept for ever, other files are asked for again', async () => {
  build()
  const asset = await get('/assets/index-AbCd1234.js', '*/*')
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
  expect(asset.headers.get('content-type')).toContain('javascript')
  expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await get('/favicon.svg', '*/*')).headers.get('cache-control')).toBe('no-cache')
})

test('a missing file is 404 in the envelope and not kept', async () => {
  build()
  const answer = await get('/assets/index-Old.js')
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'not_found'])
  expect(answer.headers.get('cache-control')).not.toContain('max-age')
})

test.each(['/api/nothing', '/api', '/v1/nothing', '/v1beta/models'])(
  '%s is 404 in the envelope even for a browser',
  async (path) => {
    build()
    const answer = await get(path)
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'not_found'])
  },
)

test('a program that mistypes an address gets an error, not a page', async () => {
  build()
  expect((await get('/setup', 'application/json')).status).toBe(404)
  expect((await fetch(`${base}/setup`, { method: 'POST' })).status).toBe(404)
})

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/.hidden.txt',
  '/%00.txt',
  '//secret.txt',
])('%s does not leave the folder', async (path) => {
  build()
  const { hostname, port } = new URL(base)
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    // fetch would tidy the path before it is sent.
    const request = httpRequest({ hostname, port, path, headers: { accept: 'text/html' } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.on('error', reject).end()
  })
  expect(text).not.toContain('canary')
  expect([200, 400, 403, 404]).toContain(status)
})
