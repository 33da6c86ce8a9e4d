import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { root } from '../project/project.ts'

/** What the program says of questions: each line, and those that are wrong. */
async function ask(questions: object, asker: object = {}): Promise<{ lines: string[]; wrong: string[] }> {
  const program = join(root, 'roles-src/verify/files/verify.py')
  const { stdout } = await execa('python3', ['-B', program], {
    input: JSON.stringify({ asker: { timeout: 5, patience: 0, ...asker }, questions }),
  })
  const { lines, wrong }: { lines: string; wrong: string } = JSON.parse(stdout) // its own format
  const list = (text: string) => text.split('\n').filter((line) => line !== '')
  return { lines: list(lines), wrong: list(wrong) }
}

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string }
type Request = {
  readonly method: string
  readonly path: string
  readonly headers: [string, string][]
  readonly body: string
}

/** An HTTP server on loopback while something is done. */
async function serving<T>(
  answer: (request: Request) => Answer,
  then: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ])
      const {
        status = 200,
        headers: own = {},
        body: text = '',
      } = answer({
        method: request.method ?? '',
        path: request.url ?? '',
        headers,
        body,
      })
      response.writeHead(status, own).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await then(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) // it listens at a port
  } finally {
    server.close()
  }
}

describe('the program that asks', () => {
  it('says what was wanted where the answer is another one', async () => {
    await serving(
      ({ path }) =>
        path === '/old'
          ? { status: 308, headers: { Location: '/new' } }
          : { status: path === '/down' ? 503 : 200, body: 'good day' },
      async (url) => {
        const { lines, wrong } = await ask({
          pages: [
            { url: `${url}/`, contains: ['good'] },
            { url: `${url}/old`, statuses: [308], location: '/new' },
            { url: `${url}/`, contains: ['bad'] },
            { url: `${url}/`, statuses: [403] },
            { url: `${url}/down` },
            { url: `${url}/`, closed: true },
          ],
        })
        expect(lines.map((line) => line.replaceAll(url, ''))).toEqual([
          'good   GET /: 200',
          'good   GET /old: 308, to /new',
          'WRONG  GET /: 200; wanted a text with bad in it',
          'WRONG  GET /: 200; wanted status 403',
          'WRONG  GET /down: 503; wanted an answer of what is behind the proxy',
          'WRONG  GET /: a connection; wanted none',
        ])
        expect(wrong).toEqual(lines.filter((line) => line.startsWith('WRONG')))
      },
    )
  })

  it('finds what was forged in what arrived', async () => {
    const echo =
      (change: (headers: [string, string][], url: string) => [string, string][]) =>
      (url: () => string) =>
      ({ headers }: Request): Answer => ({ body: JSON.stringify({ headers: change(headers, url()) }) })
    const proxied = (_headers: [string, string][], url: string): [string, string][] => {
      const { host, port } = new URL(url)
      return [
        ['x-forwarded-for', '192.0.2.7'],
        ['x-real-ip', '192.0.2.7'],
        ['x-forwarded-proto', 'http'],
        ['x-forwarded-host', host],
        ['x-forwarded-port', port],
        ['host', 'other.example.org'],
      ]
    }
    const said = async (change: typeof proxied) => {
      let here = ''
      return serving(
        (request) => echo(change)(() => here)(request),
        async (url) => {
          here = url
          const page = {
            url: `${url}/`,
            forged: '203.0.113.66',
            echo: true,
            host_header: 'other.example.org',
          }
          return ask({ pages: [page] }, { address: '192.0.2.7' })
        },
      )
    }
    expect((await said(proxied)).wrong).toEqual([])
    const passed = await said((headers, url) => [...headers, ...proxied(headers, url)])
    expect(passed.wrong[0]).toContain('x-forwarded-for: 192.0.2.7 instead of 203.0.113.66, 192.0.2.7')
    expect(passed.wrong[0]).toContain('nothing of what was forged')
  })

  it('compares what a name server says over UDP with what it says over TCP', async () => {
    const tcp = createTcp()
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    const { port } = tcp.address() as AddressInfo // it listens at a port
    const udp = createSocket('udp4')
    await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve))
    /** The question again, with an address, or with the verdict that there is none. */
    const answer = (question: Buffer, last: number) => {
      const known = question.includes(Buffer.from('\x03www\x07example\x00', 'latin1'))
      const head = Buffer.from(question.subarray(0, 12))
      head.writeUInt16BE(known ? 0x8400 : 0x8403, 2)
      head.writeUInt16BE(known ? 1 : 0, 6)
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last])
      return Buffer.concat([head, question.subarray(12), ...(known ? [record] : [])])
    }
    udp.on('message', (question, from) => udp.send(answer(question, 1), from.port, from.address))
    tcp.on('connection', (socket) =>
      socket.once('data', (data) => {
        const text = answer(data.subarray(2), 2)
        const length = Buffer.alloc(2)
        length.writeUInt16BE(text.length)
        socket.end(Buffer.concat([length, text]))
      }),
    )
    try {
      const names = [
        { name: 'www.example', addresses: ['192.0.2.1'] },
        { name: 'nowhere.example', addresses: [] },
      ]
      expect((await ask({ records: [{ server: '127.0.0.1', port, names }] })).lines).toEqual([
        'WRONG  127.0.0.1 asked for www.example: 192.0.2.1 over UDP, 192.0.2.2 over TCP; wanted 192.0.2.1',
        'good   127.0.0.1 asked for nowhere.example: no such name over UDP, no such name over TCP',
      ])
    } finally {
      tcp.close()
      udp.close()
    }
  })

  it('takes an object away again, also where reading it went wrong', async () => {
    const objects = new Map<string, string>()
    const store =
      (spoil: boolean) =>
      ({ method, path, headers, body }: Request): Answer => {
        const signed = headers.some(
          ([name, value]) => name === 'authorization' && value.includes('Credential=app/'),
        )
        if (!signed || !path.startsWith('/media/')) return { status: 403, body: '<Code>AccessDenied</Code>' }
        if (method === 'PUT') objects.set(path, body)
        if (method === 'DELETE') objects.delete(path)
        return method === 'GET'
          ? { body: spoil ? '' : (objects.get(path) ?? '') }
          : { status: method === 'PUT' ? 200 : 204 }
      }
    const said = (spoil: boolean) =>
      serving(store(spoil), async (endpoint) => {
        const bucket = {
          endpoint,
          access_key: 'app',
          secret_key: 'secret',
          bucket: 'media',
          refused: ['others'],
        }
        const { lines } = await ask({ buckets: [bucket] })
        return lines.map((line) => line.replaceAll(endpoint, ''))
      })
    expect(await said(false)).toEqual([
      'good   , the bucket media as app: put, got and deleted an object of 32768 bytes; without a signature it was refused',
      'good   , to put into the bucket others as app: refused',
    ])
    expect((await said(true))[0]).toContain('what came back is not what was put there')
    expect(objects.size).toBe(0)
  })

  it('wants data of every panel but those with a reason', async () => {
    const answers: Readonly<Record<string, object>> = {
      targets: { activeTargets: [{ labels: { job: 'node', instance: 'a' }, health: 'up', lastError: '' }] },
      rules: { groups: [{ rules: [{ name: 'Watchdog', health: 'ok', state: 'firing' }] }] },
    }
    const prometheus = ({ path }: Request): Answer => {
      const { pathname, searchParams } = new URL(path, 'http://prometheus')
      const query = searchParams.get('query')
      const result = query === 'full' ? [{ value: [0, '1'] }] : []
      return { body: JSON.stringify({ data: answers[pathname.replace('/api/v1/', '')] ?? { result } }) }
    }
    const { lines } = await serving(prometheus, async (url) => {
      const said = await ask({
        prometheus: [
          {
            url,
            user: 'me',
            password: 'secret',
            jobs: [{ name: 'node', targets: 2 }],
            alerts: ['Watchdog', 'Lost'],
            panels: [
              { board: 'B', title: 'Full', queries: ['full'] },
              { board: 'B', title: 'Empty', now: true, queries: ['full', 'empty[$__rate_interval]'] },
              { board: 'B', title: 'Idle', queries: ['empty'], idle: 'nobody asks' },
            ],
          },
        ],
      })
      return { lines: said.lines.map((line) => line.replaceAll(`${url}, `, '')) }
    })
    expect(lines).toEqual([
      'WRONG  the job node: 1 of 2 targets up',
      "WRONG  alert rules: 1 loaded; missing: ['Lost']; broken: []",
      'good   probes: none to ask, so all succeed',
      'good   the panel B / Full: data for 1 query',
      'WRONG  the panel B / Empty: no data for empty[2m]',
      'good   the panel B / Idle: no data: nobody asks',
    ])
  })

  it('prints no secret, whatever goes wrong', async () => {
    const secret = 'a-very-secret-word'
    const nowhere = { host: '127.0.0.1', port: 1, user: 'me', password: secret, database: 'db' }
    const s3 = { endpoint: 'http://127.0.0.1:1', access_key: 'me', secret_key: secret, bucket: 'b' }
    const { lines } = await ask({
      databases: [nowhere],
      redis: [nowhere],
      buckets: [s3],
      copies: [{ ...s3, unit: 'none.service', folder: '/nowhere' }],
      prometheus: [{ url: s3.endpoint, user: 'me', password: secret, alerts: [], jobs: [], panels: [] }],
    })
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.every((line) => line.startsWith('WRONG'))).toBe(true)
    expect(lines.join('\n')).not.toContain(secret)
  })
})
