import { z } from 'zod'
import { ansible, defineRole, j, lookup, named, never, register } from '#dsl'
import { debug, script } from '#modules/builtin'

const port = () => z.int().min(1).max(65535)

export default defineRole({
  name: 'preflight',
  summary: 'Say all that stands in the way on a host before anything is changed.',
  description: `
One run tells everything that it found on every host, in one list at its end, and not the first thing. It changes nothing: a
script that reads is run on the host and removed again. It passes on hosts that wait for their deployment and on deployed ones,
in check mode, too.

| what is looked at | what is a finding |
| --- | --- |
| versions | another release of Debian; a kernel, Python, systemd or Ansible older than told |
| hardware | fewer processors, less memory, fewer or smaller disks than declared (10 % are forgiven); too little free space |
| interface | it is missing, carries smaller packets, or has not the host's address |
| ports | held by a program of another unit than the ones expected, on the address or on the wildcard |
| names | on a deployed host, one that leads elsewhere or nowhere; before, a wrong line of \`/etc/hosts\` (such as 127.0.1.1) is only noted, since the deployment writes that file |
| package sources | one that cannot be reached |
| packages | one that no source has, or none in the version that is needed; asked in lists of its own, so that the host's stay as they are |
| artifacts | a file of the mirror that a variable \`…_url\` of the host names, and that is not there |
| other hosts of the run | one that does not answer, or to which packets of full size do not pass |
| clock | more than \`preflight_clock_tolerance\` seconds from the controller's, beyond what the question itself took |
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    release: z.enum(['bookworm', 'trixie']).describe('Release of Debian.'),
    versions: z
      .object({
        kernel: z.string().default('6.1').describe('Oldest kernel.'),
        python: z.string().default('3.11').describe('Oldest Python, which Ansible needs on the host.'),
        systemd: z.string().default('252').describe('Oldest systemd.'),
        ansible: z.string().default('2.17').describe('Oldest ansible-core on the controller.'),
      })
      .default({ kernel: '6.1', python: '3.11', systemd: '252', ansible: '2.17' })
      .describe('Oldest versions.'),
    cpus: z.int().min(0).default(0).describe('Processors.'),
    memory: z.int().min(0).default(0).describe('Bytes of memory.'),
    disks: z.array(z.int().min(0)).default([]).describe('Bytes of each disk.'),
    space: z
      .array(
        z.object({
          path: z.string().startsWith('/').describe('Folder, there or not yet.'),
          bytes: z.int().min(0).describe('Bytes that must be free in its file system.'),
        }),
      )
      .default([{ path: '/var', bytes: 2_000_000_000 }])
      .describe('Free space.'),
    interface: z.string().default('eth0').describe("Interface that carries the host's address."),
    address: z.string().describe("The host's address."),
    mtu: z.int().min(576).max(65535).default(1500).describe('Bytes of a packet that the network carries.'),
    ports: z
      .array(
        z.object({
          service: z.string().describe('What wants it.'),
          protocol: z.enum(['tcp', 'udp']).describe('Protocol.'),
          address: z.string().describe('Address that is bound.'),
          port: port().describe('Port, or the first of a range.'),
          last_port: port().describe('Last port of the range; the same for a single one.'),
          units: z
            .array(z.string())
            .describe('systemd units that may hold it, without `.service`; none for whatever holds it.'),
        }),
      )
      .default([])
      .describe('Ports that are free, or held by the unit that is expected.'),
    names: z
      .array(
        z.object({
          name: z.string().describe('Name.'),
          address: z.string().describe('The one address that it may lead to.'),
        }),
      )
      .default([])
      .describe('Names that may not lead elsewhere.'),
    reach: z
      .array(
        z.object({
          purpose: z.string().describe('What it is for.'),
          host: z.string().describe('Name or address.'),
          port: port().describe('TCP port.'),
        }),
      )
      .default([])
      .describe('Places that must be reachable over TCP.'),
    sources: z
      .array(z.string())
      .default([])
      .describe("Lines of apt's sources in which packages are looked for; none for no such look."),
    proxy: z.string().default('').describe('HTTP proxy for them; the one that the host has unless told.'),
    packages: z
      .array(
        z.object({
          name: z.string().describe('Name.'),
          at_least: z.string().default('').describe('Oldest version that will do; any if empty.'),
        }),
      )
      .default([])
      .describe('Packages that have to be there to install.'),
    artifacts: z
      .string()
      .default('')
      .describe('Address of the mirror of artifacts; every `…_url` variable below it has to lead to a file.'),
    peers: z
      .array(
        z.object({
          name: z.string().describe("The host's name in the inventory."),
          address: z.string().describe('Its address.'),
        }),
      )
      .default([])
      .describe('Hosts that have to answer each other; those that are not of the run are left out.'),
    clock_tolerance: z.int().min(0).default(2).describe('Seconds.'),
  },

  constants: ({ vars }) => ({
    expected: {
      release: vars.release,
      versions: vars.versions,
      cpus: vars.cpus,
      memory: vars.memory,
      disks: vars.disks,
      space: vars.space,
      interface: vars.interface,
      address: vars.address,
      mtu: vars.mtu,
      clock_tolerance: vars.clock_tolerance,
      ansible: ansible.version.full,
      ports: vars.ports,
      names: vars.names,
      reach: vars.reach,
      sources: vars.sources,
      proxy: vars.proxy,
      packages: vars.packages,
      host: ansible.inventoryHostname,
      files: lookup<string[]>('ansible.builtin.varnames', '^(?!preflight_).*_url$', named({ wantlist: true }))
        .pipe('map', 'extract', ansible.hostvars.at(ansible.inventoryHostname))
        .pipe('select', 'string')
        .pipe('select', 'match', j`^${vars.artifacts.pipe('default', '(?!)', true)}`)
        .pipe('unique'),
      peers: vars.peers
        .pipe('selectattr', 'name', 'in', ansible.playHosts)
        .pipe('rejectattr', 'name', 'equalto', ansible.inventoryHostname)
        .pipe('list'),
    },
  }),

  preflight: ({ vars, constants }) => {
    const clock = () => lookup('ansible.builtin.pipe', 'date +%s').pipe('int')
    const report = register(
      'report',
      script(
        'Look at the host',
        { cmd: 'preflight.py', executable: 'python3' },
        {
          environment: {
            PREFLIGHT: constants.expected.pipe('to_json'),
            PREFLIGHT_ASKED: clock().pipe('string'),
          },
          checkMode: false,
          changedWhen: never('It only reads.'),
        },
      ),
    )
    // Of every host that could be looked at; each says its own name.
    const reports = ansible.playHosts
      .pipe('map', 'extract', ansible.hostvars, ['__preflight_report', 'stdout'])
      .pipe('map', 'from_json')
      .pipe('list')
    const all = (what: 'findings' | 'notes') =>
      reports.pipe('map', named({ attribute: what })).pipe<string[]>('flatten')
    // Only now is it known how late it may be on a host.
    const ahead = reports
      .pipe('selectattr', 'time', 'gt', clock().plus(vars.clock_tolerance).plus(1))
      .pipe('map', named({ attribute: 'host' }))
      .pipe('map', 'regex_replace', '$', ": its clock is ahead of the controller's")
      .pipe('list')
    const findings = all('findings').plus(ahead)
    return [
      report,
      debug(
        'Say what the deployment will set right by itself',
        { msg: all('notes') },
        { runOnce: true, when: all('notes').pipe('length').gt(0) },
      ),
      debug(
        'Say all that was found on all hosts',
        { msg: findings },
        {
          comment: 'It fails where there is anything to say.',
          runOnce: true,
          failedWhen: findings.pipe('length').gt(0),
        },
      ),
    ]
  },

  example: {
    release: 'bookworm',
    cpus: 4,
    memory: 8_000_000_000,
    address: '192.0.2.11',
    ports: [
      {
        service: 'database',
        protocol: 'tcp',
        address: '192.0.2.11',
        port: 5432,
        last_port: 5432,
        units: ['patroni'],
      },
    ],
  },
})
