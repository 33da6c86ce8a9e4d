import type { CertificateNeed, Topology } from '#topology'
import type { Source } from './certificate.ts'
import type { Options } from './options.ts'

/** What services want of the role. */
export const needsOf = (topology: Topology): readonly CertificateNeed[] =>
  topology.services.flatMap(({ certificates }) => certificates)
/** Names of the certificates that clients see. */
export const publicNames = (topology: Topology): readonly string[] => [
  ...new Set(needsOf(topology).flatMap((need) => (need.public ? [need.name] : []))),
]
export const sourceOf = ({ mode, certificates }: Options, name: string): Source => certificates[name] ?? mode
