import type { Topology } from '../topology/topology.ts'
import type { CompiledRole } from './role.ts'
import type { Report } from './scope.ts'

const ADDRESS = /(?<![\w.])\d+\.\d+\.\d+\.\d+(?!\w|\.\w)/g

/** A role that knows an address or a name of a deployment works nowhere else. */
export function checkLiterals(
  topology: Topology,
  roles: ReadonlyMap<string, CompiledRole>,
  report: Report,
): void {
  const { domain } = topology.deployment.input
  const addresses = new Set([...topology.hosts, ...topology.vips].map(({ address }) => address))
  // Names below the domain are the deployment's too.
  const name = new RegExp(`(?<![\\w-])${domain.replaceAll('.', '\\.')}(?!\\w|\\.\\w)`)
  const found = (text: string): string | undefined =>
    (text.includes(domain) && name.test(text) ? domain : undefined) ??
    text.match(ADDRESS)?.find((address) => addresses.has(address))
  for (const role of roles.values())
    for (const { text, at } of [...role.literals, ...further(role)]) {
      const what = found(text)
      if (what !== undefined)
        report.error(
          'deployment-in-role',
          `The role ${role.name} contains ${what}, which belongs to a deployment.`,
          at,
          'Make it a variable of the role, and let the service give its value.',
        )
    }
}

/** Text of a role's that no task holds: defaults of its variables, and its files line by line. */
function further(role: CompiledRole): CompiledRole['literals'] {
  return [
    ...role.variables.flatMap((v) =>
      v.default === undefined ? [] : [{ text: JSON.stringify(v.default), at: role.role.site }],
    ),
    ...[...role.files]
      .filter(([path]) => path.startsWith('files/'))
      .flatMap(([path, bytes]) =>
        Buffer.from(bytes)
          .toString('utf8')
          .split('\n')
          .map((text, i) => ({ text, at: { file: `${role.folder}/${path}`, line: i + 1, column: 1 } })),
      ),
  ]
}
