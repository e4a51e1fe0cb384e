// The yardstick: Debian's nginx as a plain reverse proxy to the simulator, one worker, keep-alive on both sides, nothing
// logged. Its own prefix directory, so that it touches nothing of the machine's own nginx.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerNotStarted, stopProcess } from './server-process.ts'

const remedy = 'sudo apt-get install -y nginx-light'
const candidates = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx']
const connectTriesMax = 100
const connectEveryMs = 50

export interface Nginx {
  pid: number
  /** For whole answers. */
  bufferedUrl: string
  /** For streams: every piece is passed on as it comes. */
  unbufferedUrl: string
  stop(): Promise<void>
}

export async function startNginx(upstream: URL): Promise<Nginx> {
  const program = candidates.find(isExecutable)
  if (program === undefined) throw new ServerNotStarted(`nginx is the yardstick and is not installed: ${remedy}`)
  const prefix = await mkdtemp(join(tmpdir(), 'aicarpool-bench-nginx-'))
  const [buffered, unbuffered] = [await freePort(), await freePort()]
  const file = join(prefix, 'nginx.conf')
  await writeFile(file, configuration(prefix, upstream, buffered, unbuffered))
  const child = spawn(program, ['-p', prefix, '-c', file, '-e', 'stderr'], { stdio: ['ignore', 'inherit', 'inherit'] })
  const stop = async () => {
    await stopProcess(child)
    await rm(prefix, { recursive: true, force: true })
  }
  try {
    await waitForPort(unbuffered)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    pid: child.pid ?? 0,
    bufferedUrl: `http://127.0.0.1:${buffered}`,
    unbufferedUrl: `http://127.0.0.1:${unbuffered}`,
    stop,
  }
}

function configuration(prefix: string, upstream: URL, buffered: number, unbuffered: number): string {
  const server = (port: number, extra: string) => `
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://simulator;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${extra}
    }
  }`
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${prefix}/${name};`).join('\n  ')}
  client_body_buffer_size 64k;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  upstream simulator {
    server ${upstream.host};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }
  ${server(buffered, '')}
  ${server(unbuffered, 'proxy_buffering off;')}
}
`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not installed there.
    return false
  }
}

/** Free now; nginx cannot choose a port itself and tell. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < connectTriesMax; tries += 1) {
    const socket = connect({ host: '127.0.0.1', port })
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await delay(connectEveryMs)
  }
  throw new ServerNotStarted('nginx does not listen')
}
