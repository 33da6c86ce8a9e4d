import type { Topology } from '#topology'
import { controlName } from '../../livekit/names.ts'
import { matrixName } from '../../matrix/surroundings.ts'
import type { Questions } from './questions.ts'

/** What Matrix tells clients under the domain that they know. */
export function pageQuestions(
  topology: Topology,
  standIn: readonly string[],
): NonNullable<Questions['pages']> {
  if (!topology.service('matrix') || standIn.includes('matrix')) return []
  const { domain } = topology.deployment.input
  return [
    {
      url: `https://${domain}/.well-known/matrix/client`,
      statuses: [200],
      contains: [
        '"m.homeserver"',
        `https://${matrixName(domain)}`,
        ...(topology.service('livekit_jwt') ? [`https://${controlName(domain)}`] : []),
      ],
    },
  ]
}
