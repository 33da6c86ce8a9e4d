import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { renderTemplate } from './render.ts'

const rules = [{ purpose: 'ssh', protocol: 'tcp', ports: ['22'], sources: ['10.0.0.5'], destinations: [] }]
const values = (egress: string, kept?: boolean) => ({
  firewall_rules: rules,
  firewall_docker: true,
  firewall_egress: egress,
  firewall_egress_networks: ['10.0.3.0/24'],
  ...(kept === undefined ? {} : { __firewall_kept: { stat: { exists: kept } } }),
})

/** What a host with these rules finds: it is 10.0.3.11, and every other way leads to an interface that swallows all. */
const host = `
import errno, json, socket, sys
def connect(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect((address, 443))
        except TimeoutError:
            return "sent"
        except OSError as error:
            return errno.errorcode[error.errno]
def send(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            s.sendto(b"x", (address, port))
        except OSError as error:
            return errno.errorcode[error.errno]
        return "sent"
print(json.dumps({
    "the internet": connect("203.0.113.9"),
    "its resolver": send("203.0.113.9", 53),
    "the own network": connect("10.0.3.12"),
    "itself": connect("127.0.0.1"),
    "multicast of the segment": send("224.0.0.18", 112),
    "multicast elsewhere": send("239.1.2.3", 5000),
    "broadcasts": send("255.255.255.255", 67),
}))
`

describe('a host', needs('root', 'nft', 'unshare', 'ip'), () => {
  const cases = [values('open'), values('closed'), values('kept', true), values('kept', false)]
  const [open = '', closed = '', keptClosed, keptOpen] = renderTemplate('firewall', 'rules.nft.j2', cases)
  const [openChain, closedChain, keptClosedChain, keptOpenChain] = renderTemplate(
    'firewall',
    'docker-user.rules.j2',
    cases,
  )

  it('keeps the way out as it was where it is told to', () => {
    expect(keptClosed).toBe(closed)
    expect(keptOpen).toBe(open)
    expect([keptClosedChain, keptOpenChain]).toEqual([closedChain, openChain])
    expect(closed).not.toBe(open)
  })

  const ask = (rules: string) => {
    const lines = [
      'set -e',
      'ip link set lo up',
      'ip link add eth0 type veth peer name away',
      'ip link set away up',
      'ip address add 10.0.3.11/24 dev eth0',
      'ip link set eth0 up',
      // A neighbour that takes everything: what is sent vanishes, and is not refused for want of an address.
      'ip neigh add 10.0.3.1 lladdr 02:00:00:00:00:01 dev eth0',
      'ip neigh add 10.0.3.12 lladdr 02:00:00:00:00:02 dev eth0',
      'ip route add default via 10.0.3.1',
      'nft -f /dev/stdin',
      'python3 -c "$0"',
      'nft list counter inet firewall egress_refused',
    ]
    const run = spawnSync('unshare', ['--net', 'sh', '-c', lines.join('\n'), host], {
      input: rules,
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    const [found = '', ...counter] = run.stdout.split('\n')
    const answers: Readonly<Record<string, string>> = JSON.parse(found) // the program's own format
    return { answers, refused: Number(/packets (\d+)/.exec(counter.join(' '))?.[1]) }
  }
  const allowed = {
    'the own network': 'sent',
    itself: 'ECONNREFUSED',
    'multicast of the segment': 'sent',
    broadcasts: 'sent',
  }

  it('reaches everything while the way out is open', () => {
    const { answers, refused } = ask(open)
    expect(answers).toEqual({
      ...allowed,
      'the internet': 'sent',
      'its resolver': 'sent',
      'multicast elsewhere': 'sent',
    })
    expect(refused).toBe(0)
  })

  it('is refused at once by all that is not its own once the way out is closed, and counts it', () => {
    const { answers, refused } = ask(closed)
    expect(answers).toMatchObject({ ...allowed, 'the internet': 'ECONNREFUSED' })
    expect(refused).toBeGreaterThanOrEqual(3)
  })
})
