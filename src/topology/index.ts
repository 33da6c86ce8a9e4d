export * from './deployment.ts'
export * from './service.ts'
export type * from './topology.ts'
export * from './units.ts'
