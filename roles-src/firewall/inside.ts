import { type Topology, withoutCovered } from '#topology'

/** Where hosts may go when the internet is cut. */
export function insideOf(
  { deployment, networks }: Pick<Topology, 'deployment' | 'networks'>,
  further: readonly string[],
): readonly string[] {
  const { clients, admins, controller } = deployment.input
  return withoutCovered([...networks.map(({ cidr }) => cidr), ...clients, ...admins, controller, ...further])
}
