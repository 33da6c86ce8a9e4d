import { z } from 'zod'
import { defineRole, j } from '#dsl'
import { file } from '#modules/builtin'
import {
  configureUnit,
  installDaemon,
  listenVariables,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'

const daemon = { title: 'node_exporter', unit: 'prometheus-node-exporter' }

export default defineRole({
  name: 'node_exporter',
  summary: 'Serve metrics of a host to Prometheus: processors, memory, disks, network, clock, units.',
  description: `
Metrics are at \`http://<node_exporter_listen_address>:<node_exporter_port>/metrics\`, without TLS and without a
password: let the firewall admit Prometheus alone.

What no collector knows comes from files \`*.prom\` in \`node_exporter_textfile_directory\`: a job that runs now and
then writes its figures there, under another name first, and renames the file.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9100),
    enabled_collectors: z
      .array(z.string().regex(/^[a-z_]+$/))
      .default(['systemd'])
      .describe('Collectors beside those that are on by themselves.'),
    disabled_collectors: z
      .array(z.string().regex(/^[a-z_]+$/))
      .default([])
      .describe('Collectors that are not wanted.'),
    textfile_directory: z
      .string()
      .startsWith('/')
      .default('/var/lib/prometheus/node-exporter')
      .describe('Folder of metrics that other programs write.'),
    ignored_file_systems: z
      .array(z.string().regex(/^[a-z0-9_]+$/))
      .default([
        'autofs',
        'binfmt_misc',
        'bpf',
        'cgroup2',
        'configfs',
        'debugfs',
        'devpts',
        'devtmpfs',
        'fusectl',
        'hugetlbfs',
        'mqueue',
        'nsfs',
        'overlay',
        'proc',
        'pstore',
        'ramfs',
        'rpc_pipefs',
        'securityfs',
        'squashfs',
        'sysfs',
        'tmpfs',
        'tracefs',
      ])
      .describe('Types of file systems that hold no data of the host.'),
    units: z
      .string()
      .regex(/^\S+$/)
      .default('.+[.](service|timer)')
      .describe('Regular expression of the systemd units whose state is told.'),
  },

  programs: { node_exporter: '/usr/bin/prometheus-node-exporter' },

  handlers: ({ programs }) => ({ restart: restartDaemon(daemon, programs.node_exporter) }),

  install: () => [installDaemon(daemon, ['dbus'])],

  configure: ({ vars, handlers }) => [
    file('Make the folder of metrics that others write', {
      path: vars.textfile_directory,
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    ...configureUnit(daemon, handlers.restart),
  ],

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.node_exporter, {
      url: j`http://${vars.listen_address}:${vars.port}/metrics`,
    }),

  example: { listen_address: '192.0.2.11' },
})
