import { z } from 'zod'
import { ansible, choose, defineRole, lookup, never, register } from '#dsl'
import { assert, script } from '#modules/builtin'

const port = () => z.int().min(1).max(65535)

export default defineRole({
  name: 'preflight',
  summary: 'Say all that stands in the way on a host before anything is changed.',
  description: `
One run tells everything that it found on every host, not the first thing. It changes nothing: a script that reads is
run on the host and removed again.

| what is looked at | what is a finding |
| --- | --- |
| versions | another release of Debian; a kernel, Python, systemd or Ansible older than told |
| hardware | fewer processors, less memory, fewer or smaller disks than declared (10 % are forgiven); too little free space |
| interface | it is missing, carries smaller packets, or has not the host's address |
| ports | held by a program of another unit than the ones expected, on the address or on the wildcard |
| names | one that leads elsewhere, such as the host's own to 127.0.1.1; a name that leads nowhere yet is none |
| package sources | one that cannot be reached |
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
    peers: z
      .array(
        z.object({
          name: z.string().describe("The host's name in the inventory."),
          address: z.string().describe('Its address.'),
        }),
      )
      .default([])
      .describe('Other hosts that have to answer; those that are not of the run are left out.'),
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
      peers: vars.peers.pipe('selectattr', 'name', 'in', ansible.playHosts).pipe('list'),
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
    const seen = report.stdout.pipe<{ findings: string[]; time: number }>('from_json')
    const ahead = seen.time.gt(clock().plus(vars.clock_tolerance).plus(1))
    return [
      report,
      assert(
        'Say all that was found',
        {
          that: [seen.findings.pipe('length').eq(0), ahead.not()],
          fail_msg: seen.findings
            .plus(choose(ahead, ["its clock is ahead of the controller's"], []))
            .pipe('join', '\n'),
          quiet: true,
        },
        { comment: 'Only now is it known how late it may be on the host.' },
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
