import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ansible, root, temporaryFolder } from '../project/project.ts'

const folder = temporaryFolder()
afterAll(() => folder.dispose())
const role = join(root, 'generated/roles/matrix_host')

/** `/etc/docker/daemon.json` as Ansible writes it. */
async function daemon(
  variables: Readonly<Record<string, unknown>>,
  release = 'trixie',
): Promise<Readonly<Record<string, unknown>>> {
  const dest = join(folder.path, 'daemon.json')
  const play = {
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    vars_files: [join(role, 'defaults/main.yml'), join(role, 'vars/main.yml')],
    tasks: [
      {
        'ansible.builtin.template': { src: join(role, 'templates/daemon.json.j2'), dest, mode: '0644' },
        vars: { ansible_facts: { distribution_release: release }, ...variables },
      },
    ],
  }
  writeFileSync(join(folder.path, 'play.yml'), JSON.stringify([play]))
  const { exitCode, output } = await ansible('ansible-playbook', ['play.yml'], folder.path)
  expect(exitCode, output).toBe(0)
  return JSON.parse(readFileSync(dest, 'utf8'))
}

describe("Docker's configuration", () => {
  it('opens ports on the loopback alone where a container names no address', async () => {
    expect(await daemon({})).toEqual({
      'data-root': '/var/lib/docker',
      'default-address-pools': [],
      'default-ulimits': { nofile: { Hard: 1048576, Name: 'nofile', Soft: 1048576 } },
      dns: [],
      'insecure-registries': [],
      // The one is for Docker's first network, the other for those that are made later.
      ip: '127.0.0.1',
      'default-network-opts': { bridge: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' } },
      ipv6: false,
      'live-restore': false,
      'log-driver': 'journald',
      'registry-mirrors': [],
      'storage-driver': '',
    })
  }, 300_000)

  it('names nothing that the Docker of Debian 12 does not know', async () => {
    expect(await daemon({}, 'bookworm')).not.toHaveProperty('default-network-opts')
  }, 300_000)

  it('has the mirrors, the networks and the name servers that it was given', async () => {
    expect(
      await daemon({
        matrix_host_registry_mirrors: ['https://mirror.example.net'],
        matrix_host_address_pools: [{ base: '198.18.0.0/15', size: 24 }],
        matrix_host_dns: ['192.0.2.53'],
        matrix_host_published_address: '192.0.2.10',
      }),
    ).toMatchObject({
      'registry-mirrors': ['https://mirror.example.net'],
      'default-address-pools': [{ base: '198.18.0.0/15', size: 24 }],
      dns: ['192.0.2.53'],
      ip: '192.0.2.10',
    })
  }, 300_000)
})

describe('the role', () => {
  const tasks = (phase: string) => readFileSync(join(role, `tasks/${phase}.yml`), 'utf8')

  it('keeps Docker from starting before its configuration is there', () => {
    expect(tasks('install')).toContain('policy_rc_d: 101')
  })

  it('has the configuration checked by Docker where it can', () => {
    expect(tasks('configure')).toContain('dockerd --validate')
    expect(tasks('configure')).toContain(
      "'python3 -m json.tool %s' if ansible_facts['distribution_release'] == 'bookworm'",
    )
  })

  it('installs no compose and no repository of others', () => {
    expect(tasks('install')).not.toMatch(/docker-ce|compose|deb822|apt_repository/)
  })
})
