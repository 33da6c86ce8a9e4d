import type { Route } from './service.ts'

/** Ports of the web proxy on which a route is found. */
export const routePorts = ({ ports = [443] }: Route): readonly number[] => ports

/** Whether a path is a prefix or below it, by whole segments: `/admin/users` is below `/admin`, `/administrator` is not. */
export const isBelow = (path: string, prefix: string): boolean =>
  prefix === '/' || path === prefix || path.startsWith(`${prefix}/`)
