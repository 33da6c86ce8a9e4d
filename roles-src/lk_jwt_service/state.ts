import type { Deployment } from '#topology'
import type { Options } from './service.ts'

/** Whether state is kept: several nodes of LiveKit have a Redis, without which they would not be one service. */
export const keeps = ({ keepState }: Options, { input }: Pick<Deployment, 'input'>): boolean =>
  keepState ?? (input.services.livekit?.hosts.length ?? 0) > 1
