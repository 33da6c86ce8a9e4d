import { isIPv4 } from 'node:net'
import { defineServiceRule, lies, type Topology } from '#topology'
import { insideOf } from '../firewall/inside.ts'

/** What the rule asks of the service's options. */
interface Options {
  readonly resolvers: readonly string[]
}

/** Where hosts get something over HTTP, and what a deployment calls it in its `packages`. */
interface Source {
  readonly key: 'debian' | 'debianSecurity' | 'postgresql' | 'proxy' | 'artifacts'
  readonly called: string
  readonly url: string
  /** The deployment names it; otherwise it is the public archive. */
  readonly stated: boolean
}

/** All that `site.yml` fetches from: apt goes through the proxy where there is one. */
function sourcesOf({ deployment, services }: Topology): readonly Source[] {
  const { packages = {} } = deployment.input
  const source = (key: Source['key'], called: string, otherwise?: string): readonly Source[] => {
    const url = packages[key] ?? otherwise
    return url === undefined ? [] : [{ key, called, url, stated: packages[key] !== undefined }]
  }
  const pgdg = services.some((service) => service.packages.some(({ archive }) => archive === 'pgdg'))
  return [
    ...(packages.proxy
      ? source('proxy', 'The proxy for packages')
      : [
          ...source('debian', 'The archive of Debian', 'http://deb.debian.org/debian'),
          ...source(
            'debianSecurity',
            'The archive of security updates',
            'http://deb.debian.org/debian-security',
          ),
          ...(pgdg
            ? source('postgresql', 'The archive of PostgreSQL', 'https://apt.postgresql.org/pub/repos/apt')
            : []),
        ]),
    ...source('artifacts', 'The mirror of upstream programs'),
  ]
}

/** Why hosts do not come to a source after the cut, or nothing where they may. */
function obstacle({ url, stated }: Source, { resolvers }: Options, topology: Topology): string | undefined {
  const { hostname } = new URL(url)
  const { hosts, vips, names, deployment } = topology
  if (isIPv4(hostname)) {
    const further = deployment.input.services.firewall?.egressNetworks ?? []
    return insideOf(topology, further).some((network) => lies(hostname, network))
      ? undefined
      : `${hostname} lies in no network that hosts may then connect to`
  }
  const known =
    [...hosts, ...vips].some(({ name, fqdn }) => name === hostname || fqdn === hostname) ||
    names.some(({ name }) => name === hostname)
  // A resolver of the own network may know a name that this deployment does not.
  if (known || (stated && resolvers.length > 0)) return undefined
  return `nobody tells hosts where ${hostname} is then`
}

export const packagesFromInside = defineServiceRule<Options>({
  code: 'OPS-010',
  severity: 'warning',
  demand: 'Packages and upstream programs come from where hosts may connect while the internet is cut.',
  reason:
    "After lockdown.yml hosts reach the deployment's own networks alone. From then on site.yml can add no host, repair no package and bring no security update unless a mirror or a proxy is inside.",
  evidence:
    'roles-src/firewall refuses every other way out, and roles-src/lockdown leaves no resolver but those that are told; apt and get_url fail where they have something to fetch.',
  wayOut:
    "Name a mirror or a proxy inside in `packages`, by address or by the name of a host; add its network to `firewall: { egressNetworks: […] }` where it stands outside of the deployment's.",
  check: (options, topology) =>
    sourcesOf(topology).flatMap((source) => {
      const why = obstacle(source, options, topology)
      return why === undefined
        ? []
        : [
            {
              message: `${source.called} is ${source.url} after lockdown.yml, too, and ${why}.`,
              subject: new URL(source.url).hostname,
              at: ['packages', source.key],
            },
          ]
    }),
})
