import { expect, test } from 'vitest'
import { recipe } from '../../src/lab/base.ts'
import { deployCommand } from '../../src/lab/deploy.ts'
import { identity } from '../../src/lab/disk.ts'
import { nspawnCommand } from '../../src/lab/host.ts'
import { hostLayout, layout } from '../../src/lab/layout.ts'
import { sshCommand } from '../../src/lab/ssh.ts'
import { small } from './small.ts'

const keys = { hostKey: 'HOST KEY', hostKeyPublic: 'PUBLIC', authorized: 'CONTROLLER' }

test('a host boots from its own disk in its own network, without the capabilities that reach the machine', () => {
  const argv = nspawnCommand(hostLayout(layout('small', '/labs'), 'db1'), 'db1')
  expect(argv).toContain('--directory=/labs/small/hosts/db1/root')
  expect(argv).toContain('--network-namespace-path=/labs/small/net/host-db1')
  expect(argv).toContain(
    '--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_RAWIO,CAP_SYS_BOOT,CAP_SYSLOG',
  )
  // Containers within a host want these two.
  expect(argv).toContain('--system-call-filter=@keyring bpf')
})

test('a host knows its deployment, and no name of its own but by the network', () => {
  const files = identity(small, small.hosts[0]!, keys, ['Acquire::Check-Date "false";'])
  const text = (path: string) => files.find((file) => file.path === path)?.text
  expect(text('etc/machine-info')).toBe('DEPLOYMENT=small\n')
  expect(text('etc/hosts')).not.toContain('127.0.1.1')
  expect(text('etc/resolv.conf')).toBe('nameserver 198.51.100.53\n')
  expect(text('etc/machine-id')).toMatch(/^[0-9a-f]{32}\n$/)
  expect(text('etc/apt/apt.conf.d/01lab')).toMatchInlineSnapshot(`
    "Acquire::http::Proxy "http://10.0.0.5:3142";
    Acquire::http::Timeout "300";
    Acquire::Retries "3";
    Acquire::Languages "none";
    Acquire::Check-Date "false";
    "
  `)
  expect(files.find((file) => file.text === 'HOST KEY')?.mode).toBe(0o600)
})

test("a base is made from Debian's public names", () => {
  expect(recipe('trixie').sources).toMatchInlineSnapshot(`
    [
      "deb http://deb.debian.org/debian trixie main",
      "deb http://deb.debian.org/debian trixie-updates main",
      "deb http://deb.debian.org/debian-security trixie-security main",
    ]
  `)
})

test('ssh comes from the controller, with the keys of the lab and of nobody else', () => {
  const argv = sshCommand(small, small.hosts[0]!, { project: '/project', root: '/labs', command: ['uptime'] })
  expect(argv.join(' ')).toMatchInlineSnapshot(
    `"nsenter --net=/labs/small/net/controller -- ssh -F none -i /project/.lab/small/ssh/id_ed25519 -o IdentitiesOnly=yes -o UserKnownHostsFile=/project/.lab/small/ssh/known_hosts -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -o LogLevel=ERROR root@10.0.3.11 -- uptime"`,
  )
})

test('a deployment is stock ansible-playbook', () => {
  const folders = { project: '/project', generatedDir: '/project/generated/small' }
  expect(deployCommand(folders)).toEqual(['ansible-playbook', 'site.yml'])
  expect(deployCommand({ ...folders, playbook: 'checks.yml', extraArgs: ['--check'] })).toEqual([
    'ansible-playbook',
    'checks.yml',
    '--check',
  ])
})
