/** Ports of a member: written here, for the role's defaults and the service's endpoints. */
export const ports = { client: 2379, peer: 2380, metrics: 2381 } as const
