import { defineServiceRule, type Violation } from '#topology'
import type { Options } from './options.ts'
import { heldVips, priorityOf } from './vips.ts'

/** Seconds within which another host has a virtual IP when its holder is lost. The architecture promises it. */
const PROMISED = 5
/** Adverts that a backup misses before it takes over, and what the skew is a part of (RFC 9568, section 6.1). */
const MISSED_ADVERTS = 3
const PRIORITIES = 256

/** Seconds until the first of those that wait takes over from a holder that is silent. */
const takeover = (advertInterval: number): number =>
  advertInterval * (MISSED_ADVERTS + (PRIORITIES - priorityOf(1)) / PRIORITIES)

export const ownRouterIds = defineServiceRule<Options>({
  code: 'EDGE-001',
  severity: 'error',
  demand: 'A virtual IP has one VRRP router id, and no two of a network have the same.',
  reason:
    'A router id is one virtual router: holders of two virtual IPs would take adverts of the one for the other, and give up an address that nobody else has.',
  evidence: 'RFC 9568, section 5.2.3: the id of a virtual router is unique on its network.',
  wayOut: 'Leave the ids out, or state another one from 1 to 255.',
  check: (options, topology) => {
    const owners = new Map<string, string>()
    const twice = options.routerIds.flatMap(({ vip, id }, index): readonly Violation[] => {
      const first = options.routerIds.find((other) => other.vip === vip)
      return first === options.routerIds[index]
        ? []
        : [
            {
              message: `The virtual IP ${vip} is given the VRRP router ids ${first?.id} and ${id}.`,
              subject: vip,
              at: ['services', 'keepalived', 'routerIds', index],
            },
          ]
    })
    const shared = heldVips(options, topology).flatMap(
      ({ name, network, routerId }): readonly Violation[] => {
        const key = `${network.name} ${routerId}`
        const other = owners.get(key)
        if (other === undefined) owners.set(key, name)
        return other === undefined
          ? []
          : [
              {
                message: `The virtual IPs ${other} and ${name} in ${network.name} have the VRRP router id ${routerId}.`,
                subject: name,
                at: [
                  ...['services', 'keepalived', 'routerIds'],
                  options.routerIds.findIndex(({ vip }) => vip === name),
                ],
              },
            ]
      },
    )
    return [...twice, ...shared]
  },
})

export const takeoverInTime = defineServiceRule<Options>({
  code: 'EDGE-002',
  severity: 'warning',
  demand: `When the holder of a virtual IP is lost, another host has it in less than ${PROMISED} seconds.`,
  reason:
    'A backup waits for three adverts and a skew before it takes over. Clients and services that are told of an outage of seconds meanwhile see one of the length of the adverts.',
  evidence:
    'RFC 9568, section 6.1: Active_Down_Interval. Measured in the rehearsal: 2.8 s with adverts each second, 1.8 s with 0.5 and 1.1 s with 0.3.',
  wayOut: 'Leave advertInterval at 1 second.',
  check: ({ advertInterval }) => {
    const seconds = takeover(advertInterval)
    return seconds < PROMISED
      ? []
      : [
          {
            message: `With an advert every ${advertInterval} s it takes ${seconds.toFixed(1)} s until a lost host is made up for; ${PROMISED} are promised.`,
            subject: 'keepalived',
            at: ['services', 'keepalived', 'advertInterval'],
          },
        ]
  },
})
