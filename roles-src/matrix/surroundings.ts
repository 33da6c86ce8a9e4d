import { DeploymentError, type SecretRef, secretRef, type Topology, type TopologyHost } from '#topology'
import { relayName } from '../coturn/service.ts'
import { controlName } from '../livekit/names.ts'
import { storageOf, storageSecret } from '../object_store/service.ts'
import { poolOf } from '../pgbouncer/service.ts'

/** The ports of Matrix's own reverse proxy. */
export const ports = { web: 81, federation: 8449 } as const

/** The name of Matrix itself, below the domain of its users. */
export const matrixName = (domain: string): string => `matrix.${domain}`

/** The certificate of the host, for the CA that comes with it. */
export const CERTIFICATE = 'matrix'

/** The deployment's CA on the host. */
export const HOST_CA = `/etc/tls/${CERTIFICATE}/ca.crt`

/** What Matrix is told of the rest of the deployment. */
export interface Surroundings {
  readonly host: TopologyHost
  readonly domain: string
  /** Networks from which people administer. */
  readonly admins: readonly string[]
  /** Addresses from which the web proxy connects: those of its hosts, never the virtual IP. */
  readonly proxies: readonly string[]
  readonly database: NonNullable<ReturnType<typeof poolOf>>
  readonly storage: {
    readonly endpoint: string
    readonly region: string
    readonly user: string
    readonly secretKey: SecretRef
    /** Whether its certificate is of the deployment's own CA. */
    readonly ownCa: boolean
  }
  /** Relays for calls; undefined in a deployment without any. */
  readonly turn: { readonly uris: readonly string[]; readonly secret: SecretRef } | undefined
  /** Where clients ask for calls; undefined in a deployment that has none. */
  readonly calls: string | undefined
}

/** Looks around in the topology. Throws where something is missing that Matrix cannot do without. */
export function surroundingsOf(topology: Topology, name: string, bucket: string): Surroundings {
  const { domain, admins } = topology.deployment.input
  const host = topology.host(name)
  const proxies = topology.flows
    .filter(
      ({ service, port, to }) => service === 'matrix' && port === ports.web && to.includes(host.address),
    )
    .flatMap(({ from }) => from)
  if (proxies.length === 0)
    throw new DeploymentError(
      ['services', 'matrix'],
      'Matrix needs a web proxy before it, services.haproxy.web, which this deployment lacks.',
    )
  const database = poolOf(topology)
  if (!database)
    throw new DeploymentError(
      ['services', 'matrix'],
      'Matrix needs the service "pooler", which this deployment lacks.',
    )
  return {
    host,
    domain,
    admins,
    proxies: [...new Set(proxies)],
    database,
    storage: bucketOf(topology, bucket),
    turn: turnOf(topology),
    calls: callsOf(topology),
  }
}

/** The bucket of the object store that has the files, and who may use it. */
function bucketOf(topology: Topology, bucket: string): Surroundings['storage'] {
  const storage = storageOf(topology)
  if (!storage)
    throw new DeploymentError(
      ['services', 'matrix'],
      'Matrix needs the service "storage", which this deployment lacks.',
    )
  const user = storage.buckets.find(({ name }) => name === bucket)?.user
  if (user === undefined)
    throw new DeploymentError(
      ['services', 'matrix', 'uploads', 'bucket'],
      `Matrix needs the bucket ${bucket}, which services.storage does not have.`,
    )
  const { endpoint, region, listener } = storage
  return { endpoint, region, user, secretKey: storageSecret(user), ownCa: listener !== undefined }
}

/** What clients may ask of a relay, the direct way first: endpoint, and the beginning and the end of its URI. */
const WAYS = [
  ['turn', 'turn', 'udp'],
  ['turn_tcp', 'turn', 'tcp'],
  ['tls', 'turns', 'tcp'],
  ['dtls', 'turns', 'udp'],
] as const

/** Every relay under its own name, since TLS is for names. */
function turnOf(topology: Topology): Surroundings['turn'] {
  const relays = topology.service('turn')
  if (!relays) return undefined
  const hosts = relays.hosts.map(({ name }) => relayName(name, topology.deployment.input.domain))
  const uris = WAYS.flatMap(([endpoint, scheme, transport]) => {
    const port = relays.endpoints.find(({ name }) => name === endpoint)?.port
    return port === undefined ? [] : hosts.map((host) => `${scheme}:${host}:${port}?transport=${transport}`)
  })
  return { uris, secret: secretRef('turn_auth_secret') }
}

/** Where clients get tokens for calls, where there is a service that hands them out. */
const callsOf = (topology: Topology): string | undefined =>
  topology.service('livekit_jwt') ? `https://${controlName(topology.deployment.input.domain)}` : undefined
