import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join, sep } from 'node:path'

/** Serves a folder over HTTP, to read only, with an index per folder (which `pip --find-links` wants). */
export function artifactServer(folder: string): Server {
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'read only')
    const file = fileOf(folder, request.url ?? '/')
    const found = file && statSync(file, { throwIfNoEntry: false })
    if (!file || !found) return end(response, 404, 'not found')
    if (found.isDirectory()) return end(response, 200, index(file), 'text/html; charset=utf-8')
    response.writeHead(200, { 'content-length': found.size, 'last-modified': found.mtime.toUTCString() })
    if (request.method === 'HEAD') return void response.end()
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response)
  })
}

/** The file behind a path of an address; undefined when there is none, or when it lies outside of the folder. */
export function fileOf(folder: string, url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*/, ''))
    if (path.includes('\0')) return undefined
    const root = realpathSync(folder)
    const file = realpathSync(join(root, path))
    return file === root || file.startsWith(root + sep) ? file : undefined
  } catch {
    return undefined
  }
}

function index(folder: string): string {
  const names = readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort()
  const links = names.map((name) => `<a href="./${encodeURI(name)}">${name}</a><br>`)
  return `<!DOCTYPE html>\n${links.join('\n')}\n`
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}
