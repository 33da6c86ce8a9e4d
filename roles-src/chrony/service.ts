import { z } from 'zod'
import { defineService, hostName, type OptionsOf, roleValues } from '#topology'
import role from './role.ts'

/** NTP. */
const PORT = 123

const options = z.object({
  sources: z
    .array(hostName())
    .min(1)
    .describe('Hosts that all others ask; two, so that the time is kept when one is lost.'),
  upstream: z
    .array(z.string())
    .default([])
    .describe('Servers that the sources ask, such as those of the organisation. None is needed.'),
  setClock: z
    .boolean()
    .optional()
    .describe("Whether hosts set their machine's clock; so unless told, save in a rehearsal."),
})

const service = defineService({
  name: 'time',
  summary: 'One time on every host, kept by sources of its own.',
  options,

  declare: ({ sources }, topology) => {
    const hosts = topology.hosts.map(({ name }) => name)
    return {
      hosts,
      endpoints: [{ name: 'ntp', port: PORT, protocol: 'udp', hosts: sources, purpose: 'the time' }],
      needs: [{ from: hosts, to: { service: 'time', endpoint: 'ntp' }, purpose: 'the time' }],
      packages: [{ name: 'chrony' }],
      units: ['chrony'],
    }
  },

  variables: ({ sources, upstream, setClock }, topology) => {
    const { rehearsal = false } = topology.deployment.input
    const isSource = (name: string) => sources.some((source) => source === name)
    return [
      roleValues(
        role,
        topology.hosts.map(({ name }) => name),
        ({ name, address }) => ({
          servers: [
            ...(isSource(name) ? upstream.map((server) => ({ address: server })) : []),
            ...sources
              .filter((source) => source !== name)
              .map((source, index) => ({
                address: topology.host(source).address,
                prefer: !isSource(name) && index === 0,
              })),
          ],
          listen_address: isSource(name) ? address : '',
          allow: isSource(name) ? topology.networks.map(({ cidr }) => cidr) : [],
          set_clock: setClock ?? !rehearsal,
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    time: OptionsOf<typeof service, Host, Vip>
  }
}
