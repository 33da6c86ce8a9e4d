import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { type Mirror, upstreamOf } from '../sources.ts'

/** How long an index (`InRelease`) is taken from the cache before the mirror is asked again: milliseconds. */
const FRESH = 10 * 60_000
const AT_ONCE = 6

/**
 * A caching proxy for apt. It fetches with apt's own helper, so that whatever the machine's apt can reach (a mirror over
 * https, with credentials, through a proxy or a transport of its own) can be reached from the lab, by public names.
 * Files whose name never changes its content are kept for good; an index is served stale when the mirror is away.
 */
export function packageServer(folder: string, mirrors: () => readonly Mirror[]): Server {
  const underWay = new Map<string, Promise<number>>()
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => fail(response, 502, String(error)))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? ''
    const path = cachePath(url)
    const upstream = path && upstreamOf(url, mirrors())
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !path || !upstream) {
      return fail(response, 403, `nothing of a package archive: ${request.method} ${url}`)
    }
    const file = join(folder, path)
    if (!isFresh(file, path)) {
      const status = await once(file, upstream)
      if (status !== 200 && (status === 404 || !existsSync(file)))
        return fail(response, status, `${url}: not fetched`)
    }
    send(request, response, file)
  }

  function once(file: string, upstream: string): Promise<number> {
    const running = underWay.get(file)
    if (running) return running
    const fetching = turn(() => fetchFile(upstream, file)).finally(() => underWay.delete(file))
    underWay.set(file, fetching)
    return fetching
  }
}

/** Place of an address in the cache, or undefined when it is none that may be fetched. */
export function cachePath(url: string): string | undefined {
  const parts = url.match(/^http:\/\/([a-z0-9.:-]+)\/([^?#]+)$/i)
  if (!parts?.[1] || !parts[2]) return undefined
  try {
    const path = decodeURIComponent(parts[2])
    const odd =
      path.includes('\0') || path.split('/').some((part) => part === '..' || part === '.' || part === '')
    return odd ? undefined : join(parts[1], path)
  } catch {
    return undefined
  }
}

/** Whether what is under this name can never change. */
export function isForGood(path: string): boolean {
  return path.includes('/by-hash/') || /\/pool\/.*\.(deb|dsc|tar\.\w+)$/.test(path)
}

function isFresh(file: string, path: string): boolean {
  if (!existsSync(file)) return false
  // ctime is when it was fetched; mtime is the mirror's date.
  return isForGood(path) || Date.now() - statSync(file).ctimeMs < FRESH
}

function fetchFile(upstream: string, file: string): Promise<number> {
  mkdirSync(dirname(file), { recursive: true })
  const partial = `${file}.partial-${randomBytes(6).toString('hex')}`
  const options = [
    '-o',
    'APT::Sandbox::User=root',
    '-o',
    'Acquire::Retries=2',
    '-o',
    'Acquire::http::Timeout=60',
  ]
  return new Promise((resolve) => {
    execFile(
      '/usr/lib/apt/apt-helper',
      [...options, 'download-file', upstream, partial],
      (error, stdout, stderr) => {
        if (!error && existsSync(partial)) {
          renameSync(partial, file)
          return resolve(200)
        }
        rmSync(partial, { force: true })
        const missing = /\b40[34]\b/.test(stdout + stderr)
        console.error(`${upstream}: ${stderr.trim().replaceAll('\n', ' ')}`)
        if (!missing && existsSync(file)) utimesSync(file, new Date(), statSync(file).mtime)
        resolve(missing ? 404 : 502)
      },
    )
  })
}

function send(request: IncomingMessage, response: ServerResponse, file: string): void {
  const { size, mtime } = statSync(file)
  const since = Date.parse(request.headers['if-modified-since'] ?? '')
  // HTTP dates have whole seconds.
  if (Math.floor(mtime.getTime() / 1000) * 1000 <= since) return void response.writeHead(304).end()
  const headers = {
    'content-length': size,
    'last-modified': mtime.toUTCString(),
    'content-type': 'application/octet-stream',
  }
  response.writeHead(200, headers)
  if (request.method === 'HEAD') return void response.end()
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response)
}

function fail(response: ServerResponse, status: number, reason: string): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(`${reason}\n`)
}

let working = 0
const waiting: (() => void)[] = []

/** Runs a job when fewer than `AT_ONCE` are running. */
async function turn<T>(job: () => Promise<T>): Promise<T> {
  if (working >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else working++
  try {
    return await job()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else working--
  }
}
