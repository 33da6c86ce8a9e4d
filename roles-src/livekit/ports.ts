/** Ports of a node: written here, for the role's defaults and the service's endpoints. */
export const ports = { signal: 7880, tcp: 7881, udpFirst: 7882, udpLast: 7897, metrics: 6789 } as const
