import { z } from 'zod'
import { vipName } from '#topology'

export const options = z.object({
  advertInterval: z
    .number()
    .min(0.1)
    .max(40)
    .default(1)
    .describe('Seconds between adverts; a lost host is noticed after three of them.'),
  routerIds: z
    .array(z.object({ vip: vipName(), id: z.int().min(1).max(255) }))
    .default([])
    .describe(
      'VRRP router ids of single virtual IPs, where other routers of the network have the one that follows from it.',
    ),
})
export type Options = z.output<typeof options>
