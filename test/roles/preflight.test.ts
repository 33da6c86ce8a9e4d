import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'

const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''

/** What this machine passes with, whatever it is. */
const fine = {
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
}

/** What the script finds on this machine. */
function look(expected: object, asked = Date.now() / 1000): readonly string[] {
  const run = spawnSync('python3', [join(root, 'roles-src/preflight/files/preflight.py')], {
    encoding: 'utf8',
    env: { ...process.env, PREFLIGHT: JSON.stringify(expected), PREFLIGHT_ASKED: String(asked) },
  })
  if (run.status !== 0) throw new Error(run.stderr)
  const { findings, time }: { findings: readonly string[]; time: number } = JSON.parse(run.stdout) // its own format
  expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60)
  return findings
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
          names: [{ name: 'localhost', address: '127.0.1.1' }],
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
      names: /^the name localhost leads to 127\.0\.0\.1, not to 127\.0\.1\.1$/,
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

  it('does not mind a name that leads nowhere yet', () => {
    expect(look({ ...fine, names: [{ name: 'nowhere.invalid', address: '192.0.2.1' }] })).toEqual([])
  })
})
