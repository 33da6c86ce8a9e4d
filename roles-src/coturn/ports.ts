/** Ports of a relay: written here, for the role's defaults and the service's endpoints. */
export const ports = { turn: 3478, tls: 5349, relayFirst: 49_152, relayLast: 65_535 } as const
