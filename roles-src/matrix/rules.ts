import {
  defineServiceRule,
  isBelow,
  type Route,
  routePorts,
  type ServiceRule,
  type Topology,
  type Violation,
} from '#topology'
import { METRICS } from './monitoring.ts'
import { hostsOf, type Options } from './options.ts'
import { matrixName } from './surroundings.ts'
import { workerRules } from './worker-rules.ts'

/** What only administrators, or only monitoring, may ask for. */
const CLOSED = ['/_synapse/admin', '/synapse-admin', METRICS]
/** The port at which other servers look for Matrix. */
const FEDERATION_PORT = 8448

interface OpenRoute {
  readonly service: string
  readonly route: Route
}

/** Routes under Matrix's names, of whatever service, that let users in. */
function openRoutes({ services, deployment }: Topology): readonly OpenRoute[] {
  const { domain } = deployment.input
  const names = [domain, matrixName(domain)]
  return services.flatMap(({ name: service, sites }) =>
    sites
      .flatMap(({ routes }) => routes)
      .filter(
        ({ hosts, from }) =>
          hosts.some((host) => names.includes(host)) && (from?.includes('clients') ?? true),
      )
      .map((route) => ({ service, route })),
  )
}

const closedPaths = defineServiceRule<Options>({
  code: 'MX-008',
  severity: 'error',
  demand: `Under the names of Matrix nobody but administrators and monitoring reaches ${CLOSED.join(', ')} and what is below.`,
  reason:
    'With the account of an administrator one reads every room and takes every other account from there; a password alone must not be what stands before it.',
  evidence:
    'The web proxy decides by the longest path, and by the address from which a connection comes: a route for a longer path is one past the lock. Whoever makes one lets in whom it is for.',
  wayOut: "Say whom the route is for: from: ['admins'], or from: [] for hosts with a need alone.",
  check: (_options, topology) =>
    openRoutes(topology).flatMap(({ service, route }): readonly Violation[] => {
      const paths = [...(route.exact ?? []), ...(route.prefixes ?? [])]
      return paths
        .filter((path) => CLOSED.some((closed) => isBelow(path, closed)))
        .map((path) => ({
          message: `The route ${route.name} of ${service} lets everybody ask ${route.hosts.join(' and ')} for ${path}.`,
          subject: service,
          at: ['services', service],
        }))
    }),
})

const closedPort = defineServiceRule<Options>({
  code: 'MX-009',
  severity: 'error',
  demand: `Port ${FEDERATION_PORT} answers nobody but hosts of the deployment that have to check a token.`,
  reason:
    'Federation is off. The one path that is open there tells whose a token is, and is for the service that hands out tokens for calls; whatever else is found there is found by whoever looks for servers of Matrix.',
  evidence:
    "lk-jwt-service asks /_matrix/federation/v1/openid/userinfo, and no call begins without it. Matrix's server-server API, section 2.1 (Resolving server names): 8448 is where servers are looked for.",
  wayOut: 'Leave ports out: pages are found at 443.',
  check: (_options, topology) =>
    openRoutes(topology)
      .filter(({ route }) => routePorts(route).includes(FEDERATION_PORT))
      .map(({ service, route }) => ({
        message: `The route ${route.name} of ${service} is open to everybody at port ${FEDERATION_PORT}.`,
        subject: service,
        at: ['services', service],
      })),
})

const noPreviews = defineServiceRule<Options>({
  code: 'MX-007',
  severity: 'warning',
  demand: 'Matrix fetches no pages to preview links.',
  reason:
    'Every link in a message makes the server connect to wherever it leads: without the internet each of them hangs until its time is up, with it the server tells the world what is talked about, and inside it asks services that people do not reach.',
  evidence:
    "Synapse's configuration manual, url_preview_enabled: off by default; url_preview_ip_range_blacklist: internal services that are not named there get requests from anyone in any room.",
  wayOut: 'Leave urlPreviews out.',
  check: ({ urlPreviews }) =>
    urlPreviews
      ? [
          {
            message: 'Matrix would fetch the page behind every link.',
            subject: 'matrix',
            at: ['services', 'matrix', 'urlPreviews'],
          },
        ]
      : [],
})

const callsAsLarge = defineServiceRule<Options>({
  code: 'RTC-007',
  severity: 'warning',
  demand: 'A call takes as many people as the web client lets into it.',
  reason: 'Who is let in by the client and not by LiveKit sees a call that does not connect, and no reason.',
  evidence:
    "LiveKit's config-sample.yaml, room.max_participants. The web client has a limit of its own, matrix.participants.",
  wayOut: 'Leave livekit.participantsPerRoom out, or lower matrix.participants.',
  check: ({ participants }, { deployment }) => {
    const most = deployment.input.services.livekit?.participantsPerRoom ?? 0
    return most === 0 || most >= participants
      ? []
      : [
          {
            message: `A room of LiveKit takes ${most} participants, and the web client lets ${participants} in.`,
            subject: 'livekit',
            at: ['services', 'livekit', 'participantsPerRoom'],
          },
        ]
  },
})

const filteredContainers = defineServiceRule<Options>({
  code: 'FW-001',
  severity: 'error',
  demand: 'The firewall knows the host on which Matrix runs in containers.',
  reason:
    "Docker sends what comes to a published port on to its container before the host's own rules see it: without rules of its own for that way the whole network reaches Matrix past the web proxy, with whatever address it says it has.",
  evidence:
    "Docker's documentation, Packet filtering and firewalls: published ports bypass the INPUT chain, the chain DOCKER-USER is for rules.",
  wayOut: 'Name the host in firewall.docker.',
  check: (options, { deployment }) => {
    const named: readonly string[] = deployment.input.services.firewall?.docker ?? []
    return hostsOf(options)
      .filter((host) => !named.includes(host))
      .map((host) => ({
        message: `${host} publishes ports of containers, and services.firewall.docker does not name it.`,
        subject: host,
        at: ['services', 'firewall', 'docker'],
      }))
  },
})

/** What Matrix must keep. */
export const rules: readonly ServiceRule<Options>[] = [
  ...workerRules,
  noPreviews,
  closedPaths,
  closedPort,
  callsAsLarge,
  filteredContainers,
]
