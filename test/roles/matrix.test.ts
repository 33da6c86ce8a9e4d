import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import type { CompiledDeployment } from '../../src/compile/deployment.ts'
import { loadSources, type Sources } from '../../src/compile/load.ts'
import { type CheckedProject, checkProject } from '../../src/compile/project.ts'
import type { Data } from '../../src/emit/data.ts'
import { compileProject } from '../../src/emit/project.ts'
import { type Deployment, type DeploymentInput, extend } from '../../src/topology/deployment.ts'
import { askPyYaml } from '../emit/pyyaml.ts'
import harbour from '../fixtures/deployments/harbour.ts'
import { root, temporaryFolder, writeAll } from '../project/project.ts'

let sources: Sources
beforeAll(async () => {
  sources = await loadSources(root, root)
})

/** What Matrix is told needs no roles, and goes faster without them. */
const compile = (...deployments: readonly Deployment[]): CheckedProject =>
  checkProject({ ...sources, deployments, roles: [], playbooks: [] })
/** The files that they become. */
const filesOf = async (...deployments: readonly Deployment[]) =>
  (await compileProject({ ...sources, deployments, roles: [], playbooks: [] }, {})).files
type Matrix = Partial<NonNullable<(typeof production)['input']['services']['matrix']>>
/** A deployment with other options of Matrix. */
const matrix = (base: Deployment, options: object): Deployment => ({
  ...base,
  input: {
    ...base.input,
    services: { ...base.input.services, matrix: { ...base.input.services.matrix, ...options } },
  } as DeploymentInput, // the fixtures give what the schema takes, or what it must refuse
})

function deploymentOf(project: CheckedProject, name: string): CompiledDeployment {
  const found = project.deployments.get(name)
  if (!found) throw new Error(JSON.stringify(project.findings))
  return found
}

/** The variables that MDAD is given. */
function variables(project: CheckedProject, name: string): Readonly<Record<string, Data>> {
  const document = deploymentOf(project, name).documents.find(({ path }) => path.endsWith('/vars.yml'))
  if (!document || !('entries' in document)) throw new Error('There are no variables.')
  return Object.fromEntries(document.entries.map(({ key, value }) => [key, value]))
}

const varsFile = ({ input }: Deployment) =>
  `${input.name}/matrix/inventory/host_vars/matrix.${input.domain}/vars.yml`

describe("production's variables for MDAD", () => {
  const balanced = extend(production, { name: 'production', services: { matrix: { profile: 'balanced' } } })

  it.each([
    ['seed', production],
    ['balanced', balanced],
  ])('with the profile %s are these', async (profile, deployment) => {
    const project = compile(deployment)
    expect(project.findings).toEqual([])
    const text = String((await filesOf(deployment)).get(varsFile(deployment)))
    await expect(text).toMatchFileSnapshot(`matrix/${profile}.vars.yml`)
    // PyYAML, with which MDAD is read, finds in it what was meant.
    expect(askPyYaml([{ yaml: text, expected: variables(project, 'production') }])).toEqual([])
  })

  it('have a reason of one line above every group', async () => {
    const text = String((await filesOf(production)).get(varsFile(production)))
    const [, ...groups] = text.split(/^---\n|\n\n/m)
    expect(groups.length).toBeGreaterThan(20)
    for (const group of groups) expect(group).toMatch(/^# .+[.]\n[^#]/)
  })

  it('hold no secret, but its name in the vault', () => {
    const project = compile(production)
    const hidden = Object.entries(variables(project, 'production')).filter(([key]) =>
      /password|secret|htpasswd|basic_auth_users$|access_key$/.test(key),
    )
    expect(hidden.length).toBeGreaterThan(3)
    for (const [key, value] of hidden) expect(value, key).toMatch(/^\{\{ vault_[a-z_]+ \}\}$/)
  })

  it('make secrets that `secrets init` knows, and how the line for htpasswd is made', () => {
    const { secrets, recipes } = deploymentOf(compile(production), 'production').inventory
    expect(secrets.get('matrix_generic_secret_key')).toEqual(['matrix_homeserver_generic_secret_key'])
    expect(secrets.get('matrix_metrics_password_htpasswd')).toEqual([
      'matrix_metrics_exposure_http_basic_auth_users',
    ])
    expect(secrets.has('matrix_metrics_password')).toBe(true)
    expect(recipes.get('matrix_metrics_password_htpasswd')).toEqual({
      kind: 'htpasswd',
      user: 'prometheus',
      password: 'matrix_metrics_password',
    })
  })
})

describe('the workers', () => {
  const counts = (values: Readonly<Record<string, Data>>) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) => {
        const [, name] = /^matrix_synapse_workers_(.+)_workers_count$/.exec(key) ?? []
        return name && value !== 0 ? [[name, value]] : []
      }),
    )

  it('of the profile seed are 8 + 4 + 4 + 2, with every other count written as 0', () => {
    const values = variables(compile(production), 'production')
    expect(counts(values)).toEqual({
      sync: 8,
      client_reader: 4,
      federation_sender: 4,
      stream_writer_events_stream: 2,
    })
    expect(Object.keys(values).filter((key) => key.endsWith('_workers_count'))).toHaveLength(21)
    expect(
      deploymentOf(compile(production), 'production').topology.size('matrix', 'synapse', 'processes'),
    ).toBe(19)
  })

  it('of the profile balanced are those that relieve the main process', () => {
    const project = compile(matrix(production, { profile: 'balanced' }))
    expect(counts(variables(project, 'production'))).toEqual({
      sync: 8,
      client_reader: 4,
      room: 4,
      media_repository: 2,
      pusher: 1,
      appservice: 1,
      user_dir: 1,
      background: 1,
      stream_writer_events_stream: 2,
      stream_writer_typing_stream: 1,
      stream_writer_to_device_stream: 1,
      stream_writer_account_data_stream: 1,
      stream_writer_receipts_stream: 1,
      stream_writer_presence_stream: 1,
      stream_writer_push_rules_stream: 1,
      stream_writer_device_lists_stream: 1,
      stream_writer_quarantined_media_changes_stream: 1,
    })
    expect(deploymentOf(project, 'production').topology.size('matrix', 'synapse', 'processes')).toBe(33)
  })

  it('are read by monitoring, each under the name that MDAD gives it', () => {
    const { topology } = deploymentOf(compile(matrix(production, { workers: { typing: 1 } })), 'production')
    const probes = topology.service('matrix')?.probes.filter(({ metrics }) => metrics) ?? []
    const paths = probes.map(({ url }) => url.replace('https://chat.z3r0d3v.com/metrics/synapse/', ''))
    expect(paths).toHaveLength(20)
    expect(paths).toEqual(
      expect.arrayContaining([
        'main-process',
        'worker/sync-worker-7',
        'worker/client-reader-3',
        'worker/federation-sender-3',
        'worker/stream-writer-0-events',
        'worker/stream-writer-1-events',
        'worker/stream-writer-2-typing',
      ]),
    )
  })
})

describe('what Matrix is told', () => {
  let values: Readonly<Record<string, Data>>
  let project: CheckedProject
  beforeAll(() => {
    project = compile(harbour)
    expect(project.findings).toEqual([])
    values = variables(project, 'harbour')
  })

  it.each<[string, string, Data]>([
    ['the domain', 'matrix_domain', 'harbour.example.net'],
    ['the name below the domain', 'matrix_server_fqn_matrix', 'matrix.harbour.example.net'],
    ['the web client at the domain itself', 'matrix_server_fqn_element', 'harbour.example.net'],
    [
      "the host's address and the port of its endpoint",
      'traefik_container_web_host_bind_port',
      '192.168.70.31:81',
    ],
    [
      'the same for the check of tokens',
      'matrix_playbook_public_matrix_federation_api_traefik_entrypoint_host_bind_port',
      '192.168.70.31:8449',
    ],
    [
      "the addresses of the virtual IP's hosts, and not its own",
      'traefik_configuration_extension_yaml',
      [
        'entryPoints:',
        '  web:',
        '    forwardedHeaders:',
        '      trustedIPs:',
        '        - 192.168.70.21',
        '        - 192.168.70.22',
        '',
      ].join('\n'),
    ],
    [
      'the same for the check of tokens',
      'matrix_playbook_public_matrix_federation_api_traefik_entrypoint_config_custom',
      { forwardedHeaders: { trustedIPs: ['192.168.70.21', '192.168.70.22'] } },
    ],
    [
      'the networks of administrators',
      'matrix_ketesa_container_labels_traefik_ipallowlist_sourcerange',
      ['192.168.71.0/24', '192.168.72.0/24'],
    ],
    ['the virtual IP of the pools', 'matrix_synapse_database_host', '192.168.70.40'],
    ['the port of the pools', 'matrix_synapse_database_port', 6432],
    ['the database', 'matrix_synapse_database_database', 'letters'],
    ['the user of the database', 'matrix_synapse_database_user', 'captain'],
    ["the user's secret", 'matrix_synapse_database_password', '{{ vault_database_captain_password }}'],
    ['connections at least', 'matrix_synapse_database_cp_min', 5],
    ['connections at most', 'matrix_synapse_database_cp_max', 10],
    [
      'the virtual IP of the object store',
      'matrix_synapse_ext_synapse_s3_storage_provider_config_endpoint_url',
      'https://192.168.70.50:9000',
    ],
    ['the region', 'matrix_synapse_ext_synapse_s3_storage_provider_config_region_name', 'harbour'],
    ['the bucket', 'matrix_synapse_ext_synapse_s3_storage_provider_config_bucket', 'parcels'],
    [
      'the user of the bucket',
      'matrix_synapse_ext_synapse_s3_storage_provider_config_access_key_id',
      'porter',
    ],
    [
      "the user's secret",
      'matrix_synapse_ext_synapse_s3_storage_provider_config_secret_access_key',
      '{{ vault_storage_porter_secret_key }}',
    ],
    ['uploads', 'matrix_synapse_max_upload_size_mb', 40],
    ['temporary files: 25 uploads', 'matrix_synapse_tmp_directory_size_mb', 1000],
    // 60 % of 32 GB for 6 processes, in steps of 16 MB.
    ['caches', 'matrix_synapse_cache_autotuning_max_cache_memory_usage', 3264 * 1024 ** 2],
    ['three quarters of them', 'matrix_synapse_cache_autotuning_target_cache_memory_usage', 2448 * 1024 ** 2],
    ['workers', 'matrix_synapse_workers_media_repository_workers_count', 1],
    ['links', 'matrix_client_element_permalink_prefix', 'https://harbour.example.net'],
    ['metrics at the domain', 'matrix_metrics_exposure_hostname', 'harbour.example.net'],
    [
      'every relay by every way that it has open, under its own name',
      'matrix_synapse_turn_uris',
      [
        'turn:bell1.harbour.example.net:3478?transport=udp',
        'turn:bell2.harbour.example.net:3478?transport=udp',
        'turn:bell1.harbour.example.net:3478?transport=tcp',
        'turn:bell2.harbour.example.net:3478?transport=tcp',
        'turns:bell1.harbour.example.net:5349?transport=tcp',
        'turns:bell2.harbour.example.net:5349?transport=tcp',
      ],
    ],
    ["the relays' secret", 'matrix_synapse_turn_shared_secret', '{{ vault_turn_auth_secret }}'],
    ['calls', 'matrix_rtc_enabled', true],
    [
      'where clients ask for them, and not the name of a node',
      'matrix_synapse_matrix_rtc_transports_livekit_url',
      'https://rtc.harbour.example.net',
    ],
    [
      'the same in .well-known',
      'matrix_static_files_file_matrix_client_property_org_matrix_msc4143_rtc_foci_custom',
      [{ type: 'livekit', livekit_service_url: 'https://rtc.harbour.example.net' }],
    ],
    ['no server for calls on its own host', 'livekit_server_enabled', false],
  ])('has %s', (_what, name, expected) => {
    expect(values[name]).toEqual(expected)
  })

  it('closes the interface of administrators for everybody else, under its own name', () => {
    const labels = String(values['matrix_synapse_reverse_proxy_companion_container_labels_additional_labels'])
    expect(labels).toContain('ipallowlist.sourcerange=192.168.71.0/24,192.168.72.0/24\n')
    expect(labels).toContain('rule=Host(`matrix.harbour.example.net`) && PathPrefix(`/_synapse/admin`)\n')
    expect(labels.match(/ipstrategy[.]depth=1/g)).toHaveLength(1)
  })

  it('trusts the CA of the deployment for the database and the bucket', () => {
    expect(values['matrix_synapse_configuration_extension_yaml']).toContain('sslmode: verify-full\n')
    expect(values['matrix_synapse_container_extra_arguments']).toEqual([
      '--env=AWS_CA_BUNDLE=/etc/deployment-ca.crt',
    ])
    const { topology } = deploymentOf(project, 'harbour')
    const poolers = topology.service('pooler')?.certificates.map(({ addresses }) => addresses)
    expect(poolers).toEqual([['192.168.70.40']])
  })

  it('trusts whom the system trusts for a bucket elsewhere', () => {
    const { services } = harbour.input
    const elsewhere: Deployment = {
      ...harbour,
      input: {
        ...harbour.input,
        services: {
          ...services,
          storage: {
            server: 'external',
            endpoint: 'https://s3.example.org',
            buckets: [{ name: 'parcels', user: 'porter' }],
          },
        },
      } as DeploymentInput, // as above
    }
    const values = variables(compile(elsewhere), 'harbour')
    expect(values['matrix_synapse_ext_synapse_s3_storage_provider_config_endpoint_url']).toBe(
      'https://s3.example.org',
    )
    expect(values['matrix_synapse_container_extra_arguments']).toBeUndefined()
  })

  it('has neither calls nor relays in a deployment without them', () => {
    const services = Object.fromEntries(
      Object.entries(harbour.input.services).filter(([name]) => !/^(turn|livekit)/.test(name)),
    )
    const quiet = compile({ ...harbour, input: { ...harbour.input, services } as DeploymentInput })
    const values = variables(quiet, 'harbour')
    expect(values['matrix_rtc_enabled']).toBe(false)
    expect(values['matrix_client_element_element_call_enabled']).toBe(false)
    expect(values).not.toHaveProperty('matrix_synapse_turn_uris')
    expect(values).not.toHaveProperty('matrix_synapse_matrix_rtc_transports_livekit_url')
  })

  it('uses the same secret as the relays', () => {
    const { secrets } = deploymentOf(compile(harbour), 'harbour').inventory
    expect([...secrets.keys()]).toContain('turn_auth_secret')
    const whole = checkProject({ ...sources, deployments: [harbour] })
    const { secrets: all } = deploymentOf(whole, 'harbour').inventory
    expect(all.get('turn_auth_secret')).toEqual(
      expect.arrayContaining(['coturn_auth_secret', 'matrix_synapse_turn_shared_secret']),
    )
    expect(all.get('database_captain_password')).toEqual(
      expect.arrayContaining(['patroni_users', 'pgbouncer_users', 'matrix_synapse_database_password']),
    )
    expect(all.get('storage_porter_secret_key')).toEqual(
      expect.arrayContaining([
        'object_store_users',
        'matrix_synapse_ext_synapse_s3_storage_provider_config_secret_access_key',
      ]),
    )
  })

  it('has a network for Docker that neither the deployment nor its users have', async () => {
    const whole = await compileProject({ ...sources, deployments: [harbour] }, {})
    expect(whole.findings).toEqual([])
    const text = String(whole.files.get('harbour/inventory/group_vars/matrix.yml'))
    expect(text).toContain('- base: 172.20.0.0/14\n')
  })

  it("has Docker trust the deployment's CA for its mirror and its registry", async () => {
    const images = { mirror: 'https://hub.example.net', registry: 'registry.example.net:5000/all/' }
    const whole = await compileProject({ ...sources, deployments: [matrix(harbour, { images })] }, {})
    expect(whole.findings).toEqual([])
    const text = String(whole.files.get('harbour/inventory/group_vars/matrix.yml'))
    for (const registry of ['hub.example.net', 'registry.example.net:5000'])
      expect(text).toContain(`  - registry: ${registry}\n    ca: /etc/tls/matrix/ca.crt\n`)
  })

  it.each<[string, Matrix, string, Data]>([
    ['tokens', { registration: 'token' }, 'matrix_synapse_enable_registration', true],
    [
      'how long messages are kept',
      { retention: { messages: '360 days' } },
      'matrix_synapse_retention_period',
      '360d',
    ],
    ['that they are', { retention: { messages: '360 days' } }, 'matrix_synapse_retention_enabled', true],
    [
      'accounts of administrators',
      { admins: ['port.master'] },
      'matrix_user_creator_users_additional',
      [
        {
          username: 'port.master',
          initial_password: '{{ vault_matrix_admin_port_master_password }}',
          initial_type: 'admin',
        },
      ],
    ],
    [
      'the registry of all images',
      { images: { registry: 'registry.example.net:5000/' } },
      'matrix_container_global_registry_prefix_override',
      'registry.example.net:5000/',
    ],
    [
      'an image that is complete',
      { images: { synapse: 'registry.example.net/synapse:1' } },
      'matrix_synapse_container_image_customizations_s3_storage_provider_installation_enabled',
      false,
    ],
    [
      'no copies on the disk',
      { uploads: { bucket: 'parcels', keepLocally: false } },
      'matrix_synapse_enable_local_media_storage',
      false,
    ],
    [
      'whom users find',
      { directory: 'shared-rooms' },
      'matrix_synapse_user_directory_search_all_users',
      false,
    ],
  ])('is told %s', (_what, options, name, expected) => {
    expect(variables(compile(matrix(harbour, options)), 'harbour')[name]).toEqual(expected)
  })
})

describe('is refused', () => {
  it('a second one of every worker that Synapse can have one of', () => {
    const single = [
      ...['appservice', 'user_dir', 'background', 'typing', 'to_device'],
      ...['account_data', 'receipts', 'presence', 'push_rules'],
    ]
    const two = single.map((worker) => [worker, 2])
    const workers = { ...Object.fromEntries(two), federation_sender: 0 }
    const { findings } = compile(matrix(harbour, { workers }))
    expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual(
      single.map((worker) => `MX-004: There are 2 ${worker} workers, and there can be one.`),
    )
  })

  it.each<[string, object, string]>([
    ['less than none', { workers: { room: -1 } }, 'workers.room'],
    [
      'a worker that Synapse does not have',
      { workers: { syncc: 2 } },
      'services.matrix.workers.syncc: there is no such key',
    ],
    ['caches beyond 85 % of the memory', { cache: '6 GB' }, '85 % of the memory of ship'],
    ['fewer connections than are kept', { pool: { min: 5, max: 4 } }, 'pool: keeps more connections'],
    [
      'a size that is none',
      { uploads: { largest: 'huge', bucket: 'parcels' } },
      'uploads.largest: is no size',
    ],
    ['a time that is none', { retention: { messages: 'long' } }, 'retention.messages: is no time'],
    ['a registry without its slash', { images: { registry: 'registry.example.net' } }, 'ends with a slash'],
    ['a bucket that nobody makes', { uploads: { bucket: 'crates' } }, 'needs the bucket crates'],
  ])('%s', (_what, options, message) => {
    const messages = compile(matrix(harbour, options)).findings.map((finding) => finding.message)
    expect(messages.join('\n')).toContain(message)
  })

  it.each<[string, string]>([
    ['pooler', 'Matrix needs the service "pooler"'],
    ['storage', 'Matrix needs the service "storage"'],
    ['haproxy', '(Matrix and its web pages), which leads to gate'],
  ])('a deployment without the service %s', (service, message) => {
    const services = Object.fromEntries(
      Object.entries(harbour.input.services).filter(([name]) => name !== service),
    )
    const { findings } = compile({ ...harbour, input: { ...harbour.input, services } as DeploymentInput })
    expect(findings.map((finding) => finding.message).join('\n')).toContain(message)
  })
})

describe('the inventory', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.dispose())

  it('is read by Ansible: one host in the group that MDAD looks for, with its variables', async () => {
    writeAll(folder.path, await filesOf(harbour))
    const { stdout } = await execa(
      join(root, '.venv/bin/ansible-inventory'),
      ['-i', join(folder.path, 'harbour/matrix/inventory/hosts'), '--list'],
      { env: { HOME: folder.path, LC_ALL: 'C.UTF-8' } },
    )
    const read: {
      readonly matrix_servers: { readonly hosts: readonly string[] }
      readonly _meta: { readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
    } = JSON.parse(stdout) // as ansible-inventory prints it
    expect(read.matrix_servers.hosts).toEqual(['matrix.harbour.example.net'])
    const vars = read._meta.hostvars['matrix.harbour.example.net']
    expect(vars?.['ansible_host']).toBe('192.168.70.31')
    expect(vars?.['matrix_domain']).toBe('harbour.example.net')
    expect(vars?.['matrix_synapse_workers_sync_workers_count']).toBe(2)
  })
})
