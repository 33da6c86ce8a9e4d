/** Written here, for the role's default and the service's endpoint. */
export const ports = { http: 8080 } as const
