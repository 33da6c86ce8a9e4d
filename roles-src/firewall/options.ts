import { z } from 'zod'
import { hostName, isNetwork } from '#topology'

export const options = z.object({
  egress: z
    .enum(['open', 'closed', 'kept'])
    .default('kept')
    .describe(
      "`closed` lets hosts open connections only to the deployment's own networks, its clients and its administrators; `kept` leaves it as the playbooks lockdown.yml and reopen.yml did.",
    ),
  egressNetworks: z
    .array(
      z
        .string()
        .refine(isNetwork, { error: ({ input }) => `"${input}" is no IPv4 network, such as 192.0.2.0/24` }),
    )
    .default([])
    .describe('Further networks to which hosts may open connections while egress is closed.'),
  docker: z.array(hostName()).default([]).describe('Hosts that publish ports of containers with Docker.'),
})
export type Options = z.output<typeof options>
