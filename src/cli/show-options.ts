/** What `rolewright show` prints. */
export const TABLES = ['flows', 'hosts', 'sizes'] as const
export type Table = (typeof TABLES)[number]
