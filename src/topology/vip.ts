import type { Frontend } from './service.ts'
import type { PlacedService } from './topology.ts'

/** The ports of virtual IPs on which a service is found: those that a proxy passes on and those that it answers itself. */
export const frontendsOf = ({ listeners, frontends }: PlacedService): readonly Frontend[] => [
  ...listeners,
  ...frontends,
]
