import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { inNamespace, run } from './command.ts'
import { hostLayout, type Layout, namespaceOf } from './layout.ts'
import { currentMounts, unmountBelow } from './mount.ts'
import { everyAddress, OUTSIDE, outsideOf, wayOut } from './outside.ts'
import {
  contains,
  isOutside,
  type LabHost,
  type LabNetwork,
  type LabPlan,
  type Outside,
  outsides,
} from './plan.ts'

// The fabric is a network namespace with a bridge per network. It is the router between them as well, and has no link
// to the machine's own network: its default route ends in the lab's own outside. Hosts and the namespaces outside hang
// on its bridges.

/** Name of a network device, of at most the 15 characters that Linux takes. */
export function deviceName(kind: 'net' | 'to', name: string): string {
  const whole = `${kind}-${name}`
  if (whole.length <= 15) return whole
  return `${whole.slice(0, 10)}${createHash('sha256').update(name).digest('hex').slice(0, 5)}`
}

/** A hardware address that is the same every time, so that neighbours' tables stay true over a restart. */
export function hardwareAddress(name: string): string {
  const bytes = createHash('sha256').update(name).digest('hex').slice(0, 10).match(/../g) ?? []
  return ['02', ...bytes].join(':')
}

/** Every network in which somebody lives: the plan's, and one of its own for each host outside that is in none of them. */
export function labNetworks(plan: Omit<LabPlan, 'hosts'>): LabNetwork[] {
  const strangers = outsides.filter((outside) => !plan.networks.some((n) => contains(n.cidr, plan[outside])))
  const own = strangers.map((outside): LabNetwork => {
    const prefix = plan[outside].split('.').slice(0, 3).join('.')
    const last = plan[outside].endsWith('.1') ? '254' : '1'
    return { name: outside, cidr: `${prefix}.0/24`, gateway: `${prefix}.${last}` }
  })
  return [...plan.networks, ...own.filter((n, at) => own.findIndex((other) => other.cidr === n.cidr) === at)]
}

/** Commands for `ip -batch` that make the bridges and the router, inside the fabric's namespace. */
export function fabricCommands(plan: Omit<LabPlan, 'hosts'>): string[] {
  return [
    'link set lo up',
    ...[...labNetworks(plan), outsideOf(plan)].flatMap((network) => {
      const bridge = deviceName('net', network.name)
      const mac = hardwareAddress(`${plan.deployment} ${bridge}`)
      return [
        // Without snooping, VRRP's multicast reaches every port at once, as on a switch that knows no group.
        `link add ${bridge} address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `address add ${network.gateway}/${prefixLength(network)} dev ${bridge}`,
        `link set ${bridge} up`,
      ]
    }),
  ]
}

export interface Plug {
  /** What the device's name is made of; unique in the lab. */
  readonly name: string
  readonly address: string
  readonly network: LabNetwork
  readonly namespace: string
}

/** Commands that plug a namespace into its bridge: first those of the fabric's side, then those of its own. */
export function plugCommands(
  deployment: string,
  plug: Plug,
): { readonly fabric: string[]; readonly own: string[] } {
  const port = deviceName('to', plug.name)
  const mac = hardwareAddress(`${deployment} ${plug.name}`)
  return {
    fabric: [
      `link add ${port} mtu 1500 type veth peer name eth0 mtu 1500 address ${mac} netns ${plug.namespace}`,
      `link set ${port} master ${deviceName('net', plug.network.name)}`,
      `link set ${port} up`,
    ],
    own: [
      'link set lo up',
      `address add ${plug.address}/${prefixLength(plug.network)} brd + dev eth0`,
      'link set eth0 up',
      `route add default via ${plug.network.gateway}`,
    ],
  }
}

/** Builds the fabric, the namespaces outside, and the one that stands for the internet. There must be none. */
export async function makeFabric(lab: Layout, plan: Omit<LabPlan, 'hosts'>): Promise<void> {
  const fabric = namespaceOf(lab, 'fabric')
  await makeNamespace(fabric)
  const settings = [
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
  ]
  await run(inNamespace(fabric, ['sysctl', '--quiet', ...settings]))
  await ipBatch(fabric, fabricCommands(plan))
  for (const outside of outsides) await plugIn(lab, plan, outsidePlug(lab, plan, outside))
  const { address, ...network } = outsideOf(plan)
  const namespace = namespaceOf(lab, OUTSIDE)
  await plugIn(lab, plan, { name: OUTSIDE, address, network, namespace })
  await ipBatch(namespace, everyAddress(plan, labNetworks(plan)))
  await ipBatch(fabric, wayOut(plan))
}

/** Gives a host a new network namespace on its bridge. A host outside has its own as long as there is the fabric. */
export async function plugHost(lab: Layout, plan: Omit<LabPlan, 'hosts'>, host: LabHost): Promise<void> {
  if (isOutside(host.name)) return
  const network = labNetworks(plan).find((candidate) => candidate.name === host.network)
  if (!network) throw new Error(`no network ${host.network}`)
  const namespace = hostLayout(lab, host.name).namespace
  await plugIn(lab, plan, { name: `h-${host.name}`, address: host.address, network, namespace })
}

/** Takes a host off its bridge and its namespace away, so that nothing answers at its address any more; not one outside. */
export async function unplugHost(lab: Layout, host: string): Promise<void> {
  if (isOutside(host)) return
  const fabric = namespaceOf(lab, 'fabric')
  if (currentMounts(fabric).length > 0) {
    const port = hostPort(host)
    const links = await run(inNamespace(fabric, ['ip', '-oneline', 'link', 'show']))
    if (links.includes(` ${port}@`)) await run(inNamespace(fabric, ['ip', 'link', 'delete', port]))
  }
  await removeNamespace(hostLayout(lab, host).namespace)
}

/** The bridge's port of a host. */
export function hostPort(host: string): string {
  return deviceName('to', isOutside(host) ? host : `h-${host}`)
}

export async function ipBatch(namespace: string, commands: readonly string[]): Promise<void> {
  await run(inNamespace(namespace, ['ip', '-batch', '-']), `${commands.join('\n')}\n`)
}

function outsidePlug(lab: Layout, plan: Omit<LabPlan, 'hosts'>, outside: Outside): Plug {
  const network = labNetworks(plan).find((candidate) => contains(candidate.cidr, plan[outside]))
  if (!network) throw new Error(`no network for ${outside}`)
  return { name: outside, address: plan[outside], network, namespace: namespaceOf(lab, outside) }
}

async function plugIn(lab: Layout, plan: Omit<LabPlan, 'hosts'>, plug: Plug): Promise<void> {
  await makeNamespace(plug.namespace)
  const commands = plugCommands(plan.deployment, plug)
  await ipBatch(namespaceOf(lab, 'fabric'), commands.fabric)
  await ipBatch(plug.namespace, commands.own)
}

// A namespace is held by a file below the lab's folder, not in /run/netns: nothing of the lab's is in the machine's own
// list, and its removal is the removal of a mount below the folder.
async function makeNamespace(file: string): Promise<void> {
  await removeNamespace(file)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, '')
  await run(['unshare', `--net=${file}`, 'true'])
}

async function removeNamespace(file: string): Promise<void> {
  await unmountBelow(file)
  if (existsSync(file)) rmSync(file)
}

function prefixLength(network: LabNetwork): string {
  return network.cidr.split('/')[1] ?? '24'
}
