import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'

const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''

/** What this machine passes with, whatever it is. */
const fine = {
  host: 'here',
  release,
  versions: { kernel: '4', python: '3', systemd: '0', ansible: '2.17' },
  ansible: '2.19.1',
  cpus: 1,
  memory: 1_000_000,
  disks: [] as readonly number[],
  space: [{ path: '/var/not/there', bytes: 1 }],
  interface: 'lo',
  address: '127.0.0.1',
  mtu: 1500,
  clock_tolerance: 2,
  ports: [] as readonly object[],
  names: [{ name: 'localhost', address: '127.0.0.1' }],
  reach: [] as readonly object[],
  peers: [] as readonly object[],
  sources: [] as readonly string[],
  proxy: '',
  packages: [] as readonly object[],
  files: [] as readonly string[],
}

interface Report {
  readonly findings: readonly string[]
  readonly notes: readonly string[]
  readonly time: number
}

/** What the script says of this machine, without its name. */
function report(expected: object, asked = Date.now() / 1000): Report {
  const run = spawnSync('python3', [join(root, 'roles-src/preflight/files/preflight.py')], {
    encoding: 'utf8',
    env: { ...process.env, PREFLIGHT: JSON.stringify(expected), PREFLIGHT_ASKED: String(asked) },
  })
  if (run.status !== 0) throw new Error(run.stderr)
  const { findings, notes, time }: Report = JSON.parse(run.stdout) // its own format
  expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60)
  for (const line of [...findings, ...notes]) expect(line).toMatch(/^here: /)
  const plain = (lines: readonly string[]) => lines.map((line) => line.slice('here: '.length))
  return { findings: plain(findings), notes: plain(notes), time }
}
const look = (expected: object, asked?: number) => report(expected, asked).findings

/** The same while this process goes on. */
async function lookMeanwhile(expected: object): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(
    'python3',
    [join(root, 'roles-src/preflight/files/preflight.py')],
    { env: { ...process.env, PREFLIGHT: JSON.stringify(expected), PREFLIGHT_ASKED: '0' } },
  )
  const { findings }: Report = JSON.parse(stdout) // its own format
  return findings.map((line) => line.slice('here: '.length))
}

/** A port that this process holds while something is done. */
async function holding<T>(host: string, then: (port: number) => T): Promise<T> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  try {
    return then(typeof address === 'object' && address ? address.port : 0)
  } finally {
    server.close()
  }
}
const wanted = (port: number, units: readonly string[]) => ({
  service: 'database',
  protocol: 'tcp',
  address: '127.0.0.1',
  port,
  last_port: port,
  units,
})

describe('preflight', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(look(fine)).toEqual([])
  })

  it('says all that is wrong at once', async () => {
    const findings = await holding('127.0.0.1', (port) =>
      look(
        {
          ...fine,
          release: 'sarge',
          versions: { kernel: '99', python: '99', systemd: '9999', ansible: '2.20' },
          cpus: 4096,
          memory: 1e15,
          disks: [1e18],
          space: [{ path: '/', bytes: 1e18 }],
          mtu: 100_000,
          address: '192.0.2.1',
          ports: [{ ...wanted(port, ['patroni']) }],
          reach: [{ purpose: 'the archive', host: '127.0.0.1', port: 1 }],
        },
        Date.now() / 1000 + 600,
      ),
    )
    for (const [what, pattern] of Object.entries({
      release: /operating system .* not Debian sarge/,
      kernel: /^kernel is .*, older than 99$/,
      python: /^python is .*, older than 99$/,
      systemd: /^systemd is .*, older than 9999$/,
      ansible: /^ansible is 2\.19\.1, older than 2\.20$/,
      processors: /not the 4096 declared/,
      memory: /of memory, not the 1000\.0 TB declared/,
      disks: /no disk of/,
      space: /free below \/, less than/,
      packets: /^lo carries packets of \d+ bytes, not of 100000$/,
      address: /^lo does not have the address 192\.0\.2\.1/,
      reach: /^the archive cannot be reached at 127\.0\.0\.1:1/,
      clock: /clock is behind/,
    }))
      expect(findings, what).toContainEqual(expect.stringMatching(pattern))
  })

  it('takes a port on loopback for that of another address, and the wildcard for every address', async () => {
    const elsewhere = (port: number) => ({ ...wanted(port, ['patroni']), address: '192.0.2.1' })
    expect(await holding('127.0.0.1', (port) => look({ ...fine, ports: [elsewhere(port)] }))).toEqual([])
    expect(await holding('0.0.0.0', (port) => look({ ...fine, ports: [elsewhere(port)] }))).toEqual([
      expect.stringMatching(/^port \d+\/tcp of 192\.0\.2\.1, for database, is held by .* on 0\.0\.0\.0$/),
    ])
  })

  it('says nothing of a port whose holder nobody can name', async () => {
    expect(await holding('127.0.0.1', (port) => look({ ...fine, ports: [wanted(port, [])] }))).toEqual([])
  })

  it('asks other hosts with small packets and with those of full size', needs('root'), () => {
    const peers = [{ name: 'self', address: '127.0.0.1' }]
    expect(look({ ...fine, peers })).toEqual([])
    expect(look({ ...fine, peers: [{ name: 'nobody', address: '127.255.255.255' }] })).toEqual([
      'nobody (127.255.255.255) does not answer',
    ])
  })

  const loopback = { name: 'localhost', address: '127.0.0.1' }
  it("only notes of a hosts file that is not the deployment's what will be set right", () => {
    const names = [
      { name: 'nowhere.invalid', address: '192.0.2.1' },
      { name: 'localhost', address: '127.0.1.1' },
    ]
    const { findings, notes } = report({ ...fine, names })
    expect(findings).toEqual([])
    expect(notes).toEqual(['/etc/hosts leads localhost to 127.0.0.1, not to 127.0.1.1'])
  })

  it('finds in a hosts file of the deployment what leads nowhere or elsewhere', () => {
    const names = [loopback, loopback, loopback, { name: 'nowhere.invalid', address: '192.0.2.1' }]
    expect(look({ ...fine, names })).toEqual(['the name nowhere.invalid leads to nowhere, not to 192.0.2.1'])
    expect(
      look({ ...fine, names: [loopback, loopback, { name: 'localhost', address: '127.0.1.1' }] }),
    ).toEqual(['the name localhost leads to 127.0.0.1, not to 127.0.1.1'])
  })

  it('asks the mirror of artifacts for each file', async () => {
    const server = createHttpServer((request, response) => {
      response.writeHead(request.url === '/there' && request.method === 'HEAD' ? 200 : 404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    try {
      const files = [`${base}/there`, `${base}/missing`]
      expect(await lookMeanwhile({ ...fine, files })).toEqual([
        `the artifact ${base}/missing is not to be had: HTTP Error 404: Not Found`,
      ])
    } finally {
      server.close()
    }
  })

  it('looks for packages in lists of its own', needs('root', 'apt-get'), () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolewright-test-'))
    try {
      const stanza = 'Package: patroni\nVersion: 3.0.2-1\nArchitecture: all\nMaintainer: x <x@x>\n'
      writeFileSync(
        join(folder, 'Packages'),
        `${stanza}Description: x\nFilename: ./a.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\n`,
      )
      const packages = [
        { name: 'patroni', at_least: '' },
        { name: 'patroni', at_least: '4.0.6' },
        { name: 'no-such-package', at_least: '' },
      ]
      const sources = [`deb [trusted=yes] file:${folder} ./`]
      expect(look({ ...fine, packages, sources })).toEqual([
        'the package patroni is to be had in version 3.0.2-1 only, older than 4.0.6',
        'no source has the package no-such-package',
      ])
      expect(look({ ...fine, packages, sources: ['deb [trusted=yes] file:/nowhere ./'] })).toEqual([
        expect.stringMatching(/^the lists of packages cannot be had: /),
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
