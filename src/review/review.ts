import type { CompiledProject } from '../emit/project.ts'
import { type Actions, diffActions, placesOf } from './actions.ts'
import { diffFiles, type FileChange } from './files.ts'
import { diffPlans, type PlanChange } from './plan.ts'
import { type Places, type Preview, preview } from './preview.ts'
import { brokenValues, diffRoles, type RoleChange } from './roles.ts'

/** What a change does to one deployment: to its roles and its plan, and then to every host. */
export interface Review {
  readonly deployment: string
  readonly roles: readonly RoleChange[]
  /** Values that the deployment gave and that its roles refuse now: whoever else gives them has to change them too. */
  readonly broken: readonly string[]
  readonly plan: PlanChange
  readonly files: readonly FileChange[]
  readonly actions: Actions
  readonly risk: Risk
  /** The command that does just this. */
  readonly command: string
}

export interface Risk {
  readonly level: 'none' | 'low' | 'medium' | 'high'
  readonly because: string
}

/**
 * Compares two compiled projects in one deployment that both have. Files are rendered on those hosts alone for which a
 * role or a value changed, by `render`. Throws `CannotRun` where they cannot be rendered.
 */
export async function review(
  places: { readonly before: Places; readonly after: Places },
  before: CompiledProject,
  after: CompiledProject,
  name: string,
  render: typeof preview = preview,
): Promise<Review> {
  const [old, now] = [before.deployments.get(name), after.deployments.get(name)]
  if (!old || !now) throw new TypeError(`Both must have the deployment ${name}.`)
  const plan = diffPlans(old, now, { before: before.files, after: after.files })
  const roles = diffRoles(before.roles, after.roles)
  const isTouched = touched(before, after, name)
  const on = (project: CompiledProject, at: Places): Promise<Preview> => {
    const hosts = project.deployments.get(name)?.topology.hosts.map((host) => host.name) ?? []
    const wanted = hosts.filter(isTouched)
    return wanted.length > 0 ? render(at, project, name, wanted) : Promise.resolve({ files: [], unknown: [] })
  }
  const files = diffFiles(await on(before, places.before), await on(after, places.after))
  const actions = diffActions(
    { roles: before.roles, deployment: old },
    { roles: after.roles, deployment: now },
    files,
  )
  const found = {
    roles,
    broken: brokenValues(
      new Map([...old.inventory.groupVars, ...old.inventory.hostVars]),
      before.roles,
      after.roles,
    ),
    plan,
    files,
    actions,
  }
  return {
    deployment: name,
    ...found,
    risk: riskOf(found),
    command: commandOf(name, found, now.topology.hosts.length),
  }
}

/** Whether anything that a host's files are made of is other than it was: an inventory's file, or a role that it has. */
function touched(before: CompiledProject, after: CompiledProject, name: string): (host: string) => boolean {
  const changed = new Set(
    [...new Set([...before.files.keys(), ...after.files.keys()])].filter((path) => {
      const [old, now] = [before.files.get(path), after.files.get(path)]
      return old === undefined || now === undefined || !Buffer.from(old).equals(Buffer.from(now))
    }),
  )
  const isChanged = (path: string) => changed.has(path)
  const inventory = `${name}/inventory`
  const everywhere = [...changed].some(
    (path) =>
      path === `${inventory}/hosts.yml` ||
      path.startsWith(`${inventory}/group_vars/all`) ||
      path.startsWith(`${name}/files/`),
  )
  const sides = [before, after].flatMap((project) => project.deployments.get(name) ?? [])
  return (host) =>
    everywhere ||
    isChanged(`${inventory}/host_vars/${host}.yml`) ||
    sides.some(({ inventory: { groups } }) =>
      [...groups].some(
        ([group, hosts]) => hosts.includes(host) && isChanged(`${inventory}/group_vars/${group}.yml`),
      ),
    ) ||
    sides.some((side) =>
      placesOf(side).some(
        ({ role, hosts }) =>
          hosts.includes(host) && [...changed].some((path) => path.startsWith(`roles/${role}/`)),
      ),
    )
}

type Found = Omit<Review, 'deployment' | 'risk' | 'command'>

function riskOf({ plan, files, actions }: Found): Risk {
  const felt = actions.units.filter((unit) => unit.felt)
  const restarted = actions.units.filter(({ what }) => what === 'restarted')
  const list = (names: readonly string[]) => [...new Set(names)].join(', ')
  if (plan.hosts.removed.length > 0)
    return {
      level: 'high',
      because: `nobody looks after ${list(plan.hosts.removed)} any more`,
    }
  if (felt.length > 0)
    return { level: 'high', because: `people notice restarts of ${list(felt.map(({ unit }) => unit))}` }
  if (restarted.length > 0)
    return {
      level: 'medium',
      because: `services are restarted one after another, which people should not notice: ${list(restarted.map(({ unit }) => unit))}`,
    }
  if (plan.documents.length > 0 && files.length === 0 && actions.tasks.length === 0)
    return { level: 'low', because: 'only what other tools are given changes here' }
  if (files.length > 0 || actions.tasks.length > 0) return { level: 'low', because: 'nothing is restarted' }
  return { level: 'none', because: 'no host changes' }
}

/** The playbook with the roles and the hosts that have something to do, and no others. */
function commandOf(name: string, { files, actions }: Found, hosts: number): string {
  const on = new Set([
    ...actions.hosts,
    ...files.filter((f) => f.what !== 'removed').flatMap((file) => file.hosts),
  ])
  if (on.size === 0) return ''
  const limit = on.size < hosts ? ` --limit ${[...on].join(',')}` : ''
  return `cd generated/${name} && ansible-playbook site.yml${limit} --tags ${actions.roles.join(',')}`
}
