/** Ports of the object store's hosts. */
export const ports = { s3: 9000, console: 9001 } as const
