import { z } from 'zod'
import {
  defineService,
  entries,
  hostName,
  type OptionsOf,
  parseDays,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import alertmanager from '../alertmanager/role.ts'
import blackboxExporter from '../blackbox_exporter/role.ts'
import prometheus from '../prometheus/role.ts'
import { metricsCapacity } from './capacity.ts'
import { boardsOf } from './dashboards/index.ts'
import { ruleFile } from './rules/alert.ts'
import { ALERT_GROUPS } from './rules/index.ts'
import { rules } from './service-rules.ts'
import { CA, jobsOf, PROBE_MODULES, probeJobs, scrapeJobs } from './targets.ts'

const PROMETHEUS = 9090
const ALERTMANAGER = 9093
/** On loopback: nobody else has anything to ask through it. */
const BLACKBOX = { listen_address: '127.0.0.1', port: 9115 }
/** The share of the disk that samples may take; the rest is for the log of what is being written, and for growth. */
const SHARE_OF_DISK = 0.8
/** The account with which Prometheus reads itself and Alertmanager, and tells Alertmanager of alerts. */
const ACCOUNT = { name: 'prometheus', password: secretRef('prometheus_own_password') }

const days = () => z.string().refine((text) => parseDays(text) !== undefined, { message: "Write '90 days'" })

/** Groups of alerts about what this deployment has. */
function alertGroups(topology: Topology) {
  const jobs = jobsOf(topology)
  return ALERT_GROUPS.filter(({ job }) => job === undefined || jobs.has(job))
}

/** What Alertmanager and its role pass on as it is. */
const url = () =>
  z.url({ protocol: /^https?$/, error: "is no address of a web server; write 'http://192.0.2.5/'" })
const mailServer = () =>
  z
    .string()
    .regex(/^(\[[0-9a-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, "is no 'name:port', such as 'mail.example.org:587'")

const options = z.object({
  host: hostName().describe('Host that watches all others.'),
  keep: days().default('90 days').describe('How long metrics are kept, while there is room.'),
  webhooks: z
    .array(url())
    .default([])
    .describe('URLs that get alerts; without any, alerts are seen in the interface alone.'),
  emails: z.array(z.string()).default([]).describe('Addresses that get alerts.'),
  mail: z
    .object({ server: mailServer(), from: z.string() })
    .optional()
    .describe('Mail server, as `name:port`, and sender; needed for addresses.'),
  heartbeat: url()
    .optional()
    .describe('URL that is called once a minute; its owner raises the alarm when the calls end.'),
})
export type MonitoringOptions = z.output<typeof options>

/** What Prometheus has to know of a deployment, and as whom to ask it; undefined where there is none. */
export function watchedOf(topology: Topology) {
  const [host] = topology.service('prometheus')?.hosts ?? []
  if (!host) return undefined
  const jobs = [...scrapeJobs(topology), ...probeJobs(topology, '')]
  return {
    host: host.name,
    url: `https://${host.fqdn}:${PROMETHEUS}`,
    user: ACCOUNT.name,
    password: ACCOUNT.password,
    jobs: jobs.map(({ name, targets }) => ({ name, targets: targets.length })),
    alerts: alertGroups(topology).flatMap(({ alerts }) => alerts.map(({ name }) => name)),
    boards: boardsOf(topology),
  }
}

const service = defineService({
  name: 'prometheus',
  summary: 'Prometheus, Alertmanager and probes of what clients see.',
  options,

  declare: ({ host }) => ({
    hosts: [host],
    endpoints: [
      {
        name: 'web',
        port: PROMETHEUS,
        protocol: 'tcp',
        purpose: 'interface and queries of Prometheus',
        metrics: { job: 'prometheus', scheme: 'https', account: ACCOUNT },
        probe: 'tls',
      },
      {
        name: 'alertmanager',
        port: ALERTMANAGER,
        protocol: 'tcp',
        purpose: 'interface of Alertmanager',
        metrics: { job: 'alertmanager', scheme: 'https', account: ACCOUNT },
      },
    ],
    needs: [
      { from: [host], to: 'monitored', purpose: 'metrics and probes' },
      ...['web', 'alertmanager'].map((endpoint) => ({
        from: [],
        outside: ['admins'] as const,
        to: { service: 'prometheus', endpoint },
        purpose: 'people who look after the deployment',
      })),
    ],
    certificates: [{ name: 'monitoring', hosts: [host], reload: [] }],
    packages: [
      { name: 'prometheus' },
      { name: 'prometheus-alertmanager' },
      { name: 'prometheus-blackbox-exporter' },
    ],
    units: ['prometheus-blackbox-exporter', 'prometheus-alertmanager', 'prometheus'],
  }),

  sizes: (_options, host) => [
    {
      name: 'retention',
      value: Math.max(1, Math.floor(((host.disks[0] ?? 0) * SHARE_OF_DISK) / 1e9)),
      unit: 'GB',
      formula: 'four fifths of the first disk',
    },
  ],

  rules,

  capacity: ({ host, keep }, topology) =>
    metricsCapacity({
      host,
      targets: scrapeJobs(topology).reduce((sum, { targets }) => sum + targets.length, 0),
      days: parseDays(keep) ?? 0,
    }),

  variables: (options, topology) => {
    const host = topology.host(options.host)
    const web = {
      tls_certificate_file: '/etc/tls/monitoring/monitoring.crt',
      tls_key_file: '/etc/tls/monitoring/monitoring.key',
      tls_group: 'tls-monitoring',
      tls_ca_file: CA,
    }
    const admin = { name: 'admin', password: secretRef('prometheus_admin_password') }
    const at = (port: number) => ({
      listen_address: host.address,
      port,
      external_url: `https://${host.fqdn}:${port}/`,
    })
    return [
      roleValues(blackboxExporter, [host.name], () => ({ ...BLACKBOX, modules: [...PROBE_MODULES] })),
      roleValues(prometheus, [host.name], () => ({
        ...at(PROMETHEUS),
        ...web,
        users: [
          admin,
          ACCOUNT,
          ...topology.services
            .flatMap(({ accounts }) => accounts)
            .filter((account) => account.of === 'prometheus')
            .map(({ name, password }) => ({ name, password })),
        ],
        external_labels: { deployment: topology.deployment.input.name },
        retention_time: `${parseDays(options.keep) ?? 0}d`,
        retention_size: `${topology.size('prometheus', host.name, 'retention')}GB`,
        jobs: scrapeJobs(topology),
        probes: probeJobs(topology, `${BLACKBOX.listen_address}:${BLACKBOX.port}`),
        rule_files: alertGroups(topology).map(({ name }) => `prometheus/rules/${name}.yml`),
        alertmanagers: [`${host.address}:${ALERTMANAGER}`],
        alertmanager_scheme: 'https' as const,
        alertmanager_ca_file: CA,
        alertmanager_username: ACCOUNT.name,
        alertmanager_password: ACCOUNT.password,
      })),
      roleValues(alertmanager, [host.name], () => ({
        ...at(ALERTMANAGER),
        ...web,
        users: [admin, ACCOUNT],
        receivers: [
          { name: 'default', webhooks: options.webhooks, emails: options.emails },
          { name: 'heartbeat', webhooks: options.heartbeat ? [options.heartbeat] : [] },
        ],
        routes: [{ matchers: ['alertname="Watchdog"'], receiver: 'heartbeat', repeat_interval: '1m' }],
        group_by: ['alertname', 'severity'],
        inhibit_rules: [
          {
            // What a host cannot serve any more is explained by the host.
            source_matchers: ['alertname="HostDown"'],
            target_matchers: ['alertname!="HostDown"'],
            equal: ['instance'],
          },
        ],
        ...(options.mail ? { smtp_server: options.mail.server, smtp_from: options.mail.from } : {}),
      })),
    ]
  },

  // Where Ansible looks for the `src` of a copy.
  documents: (_options, topology) => [
    ...alertGroups(topology).map((group) => ({
      path: `files/prometheus/rules/${group.name}.yml`,
      entries: entries(undefined, ruleFile(group)),
      summary: `Alerts: ${group.name}.`,
    })),
    ...boardsOf(topology).map((board) => ({
      path: `files/prometheus/dashboards/${board.name}.json`,
      // Grafana's own library takes longer to load than all services.
      content: async () => {
        const { buildBoard } = await import('./dashboards/build-board.ts')
        return `${JSON.stringify(buildBoard(board), undefined, 2)}\n`
      },
    })),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    prometheus: OptionsOf<typeof service, Host, Vip>
  }
}
