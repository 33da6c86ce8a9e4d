import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { CallSite } from '../dsl/source.ts'
import type { DeploymentInput } from './deployment.ts'
import { shown } from './issues.ts'
import { parseSize, parseSpeed } from './units.ts'

/** Text that is what a test says; the finding shows what was written, and an example of what would do. */
const text = (what: string, is: (text: string) => boolean) =>
  z.string().refine(is, { error: ({ input }) => `${shown(input)} is no ${what}` })

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const domainName = text(
  'domain in lower case, such as example.org',
  (name) => name.length <= 253 && new RegExp(`^${LABEL}(\\.${LABEL})*$`).test(name),
)
const address = text('IPv4 address, such as 192.0.2.5', (address) =>
  ipaddr.IPv4.isValidFourPartDecimal(address),
)
const isCidr = (network: string) =>
  /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(network) && // such as 10/8 is valid, too
  ipaddr.IPv4.isValidCIDR(network)
/** A network as its first address and its length. */
const baseOf = (network: string) =>
  `${ipaddr.IPv4.networkAddressFromCIDR(network)}/${network.slice(network.indexOf('/') + 1)}`
const cidr = text('IPv4 network, such as 192.0.2.0/24', isCidr).refine(
  (network) => !isCidr(network) || baseOf(network) === network,
  { error: ({ input }) => `${shown(input)} is an address in ${baseOf(String(input))}, and no network` },
)
/** Names of files, of Ansible's groups and parts of host names. */
const name = text('name, such as node1', (name) => /^[a-z][a-z0-9_-]{0,62}$/.test(name))
const line = text('line of text', (line) => /^\P{Cc}*\S\P{Cc}*$/u.test(line))
const url = text('address of a web server, such as http://192.0.2.5/debian', (url) =>
  /^https?:\/\/[^\s/]+(\/\S*)?$/.test(url),
)
const path = text('path', (path) => /^\P{Cc}+$/u.test(path))
const site = z.custom<CallSite | undefined>(() => true)

/** Beyond what any machine has, a number is a slip of the pen. */
const MOST = { cpus: 4096, memory: 1024 ** 5, disk: 1e18, speed: 1e13, forks: 1000 } as const
const between = (value: number | undefined, most: number) =>
  value !== undefined && value >= 1 && value <= most

const memory = text("amount of memory, such as '8 GB' or '512 MB'", (amount) =>
  between(parseSize(amount, 'memory'), MOST.memory),
)
const disk = text("size of a disk, such as '500 GB' or '2 TB'", (size) =>
  between(parseSize(size, 'disk'), MOST.disk),
)
const speed = text("network speed, such as '10 Gbps' or '500 Mbps'", (speed) =>
  between(parseSpeed(speed), MOST.speed),
)

/** A part of all, such as 0.05. */
const share = z.number().min(0).max(1)

/** What a function of the language makes: it notes where it was called. Anything else is one finding, and not one for each key. */
const made = <T>(schema: z.ZodType<T, T>, instead: (value: unknown) => string) =>
  z
    .custom<T>((value) => typeof value === 'object' && value !== null && Object.hasOwn(value, 'site'), {
      error: ({ input }) => instead(input),
    })
    .pipe(schema)

const host = z.object({
  address,
  cpus: z.int().min(1).max(MOST.cpus),
  memory,
  disks: z.array(disk).min(1),
  network: speed,
  os: z.enum(['debian-12', 'debian-13']),
  interface: text('name of a network interface, such as eth0', (name) => /^[\w.-]{1,15}$/.test(name)),
  site,
})

/** The name of a host of the deployment. */
const hostReference = z.string().meta({ reference: 'host' })

/** What `hosts('db', 3, …)` makes, where one host is wanted. */
const isGroup = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some((one) => typeof one === 'object' && one !== null && Object.hasOwn(one, 'site'))

/** What a deployment is at run time: as the interface says, and with addresses, names and sizes that are some. */
export const deploymentInput = z.object({
  name,
  summary: line,
  domain: domainName,
  hostDomain: domainName.optional(),
  networks: z.record(
    name,
    made(z.object({ cidr, gateway: address, site }), (value) =>
      typeof value === 'string'
        ? `it is made by a function: network(${shown(value)})`
        : `${shown(value)} is not made by network(…)`,
    ),
  ),
  hosts: z.record(
    name,
    made(host, (value) =>
      isGroup(value)
        ? "it is a group of hosts: put three dots before it, '...', instead of a name"
        : `${shown(value)} is not made by host(address, hardware)`,
    ),
  ),
  vips: z.record(name, z.object({ address, hosts: z.array(hostReference) })),
  failureDomains: z.record(name, z.array(hostReference)).optional(),
  services: z.record(z.string(), z.unknown()),
  clients: z.array(cidr),
  admins: z.array(cidr),
  controller: address,
  verifiers: z.object({ client: address.optional(), admin: address.optional() }).optional(),
  packages: z
    .object({
      debian: url.optional(),
      debianSecurity: url.optional(),
      postgresql: url.optional(),
      proxy: url.optional(),
      artifacts: url.optional(),
    })
    .optional(),
  control: z
    .object({
      user: text('account', (user) => /^[a-z_][\w-]{0,31}$/.test(user)).optional(),
      privateKey: path.optional(),
      knownHosts: path.optional(),
      secrets: path.optional(),
      forks: z.int().min(1).max(MOST.forks).optional(),
    })
    .optional(),
  rehearsal: z.boolean().optional(),
  expects: z
    .object({
      users: z.int().min(1),
      messagesPerDay: z.number().min(0),
      mediaPerDay: disk,
      callShare: share.optional(),
      callParticipants: z.number().min(2).optional(),
      callBitrate: speed.optional(),
      callsRelayed: share.optional(),
      downloads: z.number().min(0).optional(),
      steady: z.array(z.enum(['messagesPerDay', 'mediaPerDay'])).optional(),
    })
    .optional(),
  keep: z.record(z.string(), line).optional(),
  waivers: z.array(z.object({ rule: line, of: line.optional(), because: line })).optional(),
})

/** A type without `readonly` and without `undefined` beside absence, on which the two may differ. */
type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> } : T
/** Whether two types are one and the same, optional keys among them, which being assignable does not tell. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** All but the services' options, which the services' own schemas are for. */
type Compared<T> = Plain<Omit<T, 'services'>>
// The type checker refuses these lines where the interface and the schema differ in a key or in a type.
true satisfies Same<Compared<DeploymentInput>, Compared<z.output<typeof deploymentInput>>>
true satisfies Same<keyof DeploymentInput, keyof z.output<typeof deploymentInput>>
