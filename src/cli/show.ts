import type { Inventory } from '../compile/inventory.ts'
import { figure } from '../topology/figures.ts'
import type { Topology } from '../topology/topology.ts'
import { formatBytes } from '../topology/units.ts'
import { printFindings, printTable } from './output.ts'
import { noDeployment, openProject, projectRoot } from './project.ts'
import type { Table } from './show-options.ts'

/** `rolewright show`: a table of what follows from a deployment. Returns the exit code. */
export async function show(table: Table, deployment: string | undefined): Promise<number> {
  const topology = await openTopology(deployment)
  if (typeof topology === 'number') return topology
  process.stdout.write(`${render(table, topology)}\n`)
  return 0
}

/** The topology of one deployment (`production` unless told), or an exit code when there are findings. */
export async function openTopology(name?: string): Promise<Topology | number> {
  const found = await openDeployment(name)
  return typeof found === 'number' ? found : found.topology
}

/** The same with its inventory. */
export async function openDeployment(
  name = 'production',
): Promise<{ readonly topology: Topology; readonly inventory: Inventory } | number> {
  const project = await openProject(projectRoot())
  const found = project.deployments.get(name)
  if (project.findings.some((f) => f.severity === 'error'))
    return printFindings(project.findings, 'text', 'nothing follows from it')
  if (!found) throw noDeployment(name, project.deployments.keys())
  return found
}

function render(table: Table, t: Topology): string {
  switch (table) {
    case 'hosts':
      return printTable(
        ['host', 'address', 'network', 'os', 'cpus', 'memory', 'disks', 'services'],
        t.hosts.map((h) => [
          h.name,
          h.address,
          h.network.name,
          h.os,
          String(h.cpus),
          formatBytes(h.memory),
          h.disks.map((disk) => figure(disk, 'bytes')).join(', '),
          t.services
            .filter((s) => s.hosts.includes(h))
            .map((s) => s.name)
            .join(' '),
        ]),
      )
    case 'flows':
      return printTable(
        ['from', 'to', 'port', 'service', 'purpose'],
        t.flows.map((f) => [
          f.fromNames.join(' '),
          `${f.toNames.join(' ')}${f.via ? ' (virtual IP)' : ''}`,
          f.protocol === 'vrrp'
            ? 'vrrp'
            : `${f.port}${f.lastPort > f.port ? `-${f.lastPort}` : ''}/${f.protocol}`,
          f.service,
          f.purpose,
        ]),
      )
    case 'sizes':
      return printTable(
        ['host', 'service', 'size', 'value', 'because'],
        t.sizes.map(({ host, service, size }) => [
          host,
          service,
          size.name,
          `${size.value} ${size.unit}`,
          size.formula,
        ]),
      )
  }
}
