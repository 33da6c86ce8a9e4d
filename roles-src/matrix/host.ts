import { DeploymentError, overlap, type RoleValues, roleValues, type Topology } from '#topology'
import role from '../matrix_host/role.ts'
import { hostsOf, type Options } from './options.ts'
import { HOST_CA } from './surroundings.ts'

/** Ranges of which Docker may have one: those that it would take by itself, and the one for tests of networks (RFC 2544). */
const POOLS = [
  '172.28.0.0/14',
  '172.24.0.0/14',
  '172.20.0.0/14',
  '192.168.0.0/16',
  '10.192.0.0/12',
  '198.18.0.0/15',
]
/** Prefix length of each network that Docker takes: MDAD has one for each kind of service. */
const SIZE = 24

/** What the host is told. Throws where every range that Docker could have is somebody else's. */
export function hostValues(options: Options, topology: Topology): readonly RoleValues[] {
  const { images } = options
  const { networks, clients, admins, controller } = topology.deployment.input
  const others = [
    ...Object.values(networks).map(({ cidr }) => cidr),
    ...clients,
    ...admins,
    `${controller}/32`,
  ]
  const pool = POOLS.find((candidate) => !others.some((other) => overlap(candidate, other)))
  if (pool === undefined)
    throw new DeploymentError(
      ['networks'],
      `Docker needs a network that nobody else has, and none of ${POOLS.join(', ')} is free.`,
    )
  return [
    roleValues(role, hostsOf(options), () => ({
      registry_mirrors: images.mirror === undefined ? [] : [images.mirror],
      registry_cas: registriesOf(images).map((registry) => ({ registry, ca: HOST_CA })),
      address_pools: [{ base: pool, size: SIZE }],
    })),
  ]
}

/** Registries of the deployment, as host and port: their certificates may be of its own CA. */
const registriesOf = ({ mirror, registry }: Options['images']): readonly string[] => [
  ...new Set(
    [mirror && new URL(mirror).host, registry?.replace(/\/.*/, '')].filter((host) => host !== undefined),
  ),
]
