import { type Deployment, type DeploymentInput, extend, host } from '#topology'

/** What a deployment accepts that the profile mends: services on one host, and a Redis that nobody uses. */
const NOT_NEEDED: readonly string[] = ['HA-006 livekit', 'HA-006 livekit_jwt', 'RTC-006 redis']

/**
 * The two hosts that make the architecture's 18 of the 16 that it itemises, for the two worst single points of failure: a
 * warm standby for Synapse, to which people switch over (docs/standby.md), and a second LiveKit, which shares all calls with
 * the first through Redis. `export default haPlus(production)` is all that a deployment has to say.
 */
export function haPlus<Host extends string, Vip extends string>(
  base: Deployment & { readonly input: DeploymentInput<Host, Vip> },
) {
  const { services, name, waivers } = base.input
  const { firewall, pooler, storage, livekit, livekit_jwt: tokens, redis } = services
  if (!services.matrix || !pooler || !storage || !livekit || !redis)
    throw new Error('The profile ha-plus is for deployments with matrix, pooler, storage, livekit and redis.')
  const standby = 'synapse-standby'
  const second = 'livekit2'
  return extend<Host, Vip, typeof standby | typeof second>(base, {
    name,
    waivers: [
      ...(waivers ?? []).filter(({ rule, of }) => !NOT_NEEDED.includes(`${rule} ${of ?? ''}`)),
      {
        rule: 'HA-006',
        of: 'redis',
        because:
          'Nodes of LiveKit find each other through it: without it calls that run go on, and none begins, until its unit has started again.',
      },
    ],
    moreHosts: {
      [standby]: host('10.0.2.11', { cpus: 48, memory: '128 GB', disks: ['2 TB'] }),
      [second]: host('10.0.5.22', { cpus: 16, memory: '32 GB', disks: ['100 GB'], network: '5 Gbps' }),
    },
    services: {
      matrix: { standby },
      pooler: { clients: [...(pooler.clients ?? []), standby] },
      storage: { clients: [...(storage.clients ?? []), standby] },
      firewall: { docker: [...(firewall?.docker ?? []), standby] },
      livekit: { hosts: [...livekit.hosts, second] },
      ...(tokens ? { livekit_jwt: { hosts: [...tokens.hosts, second] } } : {}),
    },
  })
}
