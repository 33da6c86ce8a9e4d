import type { OperatingSystem } from '../topology/deployment.ts'
import { isAddress, isPrivate, isWithin } from '../topology/networks.ts'
import { definePlanRule, defineRule, type Violation } from '../topology/rule.ts'
import { frontendsOf } from '../topology/vip.ts'
import { listed, textsIn } from './places.ts'

export const controllerApart = definePlanRule({
  code: 'OPS-001',
  severity: 'warning',
  demand: "The controller stands in a network of the administrators, or of the deployment's own.",
  reason:
    'It holds every key, and every host takes its SSH: among the devices of users, or on the internet, one that is broken into opens all.',
  evidence:
    'The flows table opens SSH to the controller whatever its address; Ansible becomes root on every host.',
  wayOut: "Run Ansible from a machine in one of the administrators' networks.",
  checkPlan: ({ controller, admins, networks }) => {
    const within = [...admins, ...Object.values(networks).map(({ cidr }) => cidr)]
    return within.some((cidr) => isWithin(controller, cidr)) || !isAddress(controller)
      ? []
      : [
          {
            message: `The controller has the address ${controller}, which is neither in an administrators' network nor in one of the deployment's.`,
            subject: 'controller',
            at: ['controller'],
          },
        ]
  },
})

export const noIdleHost = defineRule({
  code: 'OPS-002',
  severity: 'warning',
  demand: 'Every host runs something, or uses something, beside what all hosts have.',
  reason: 'What is paid for, updated and watched without doing anything was most likely forgotten somewhere.',
  evidence: 'A host that nothing names gets what all hosts have: accounts, time, firewall, metrics.',
  wayOut: "Name it among a service's hosts, or take it out.",
  check: ({ deployment, hosts, services, vips }) => {
    const { input } = deployment
    if (Object.keys(input.services).length === 0) return [] // nothing was placed yet
    const busy = new Set(vips.flatMap((vip) => vip.hosts.map(({ name }) => name)))
    for (const service of services) {
      const said = textsIn(input, service.name)
      const named = [service.hosts.map(({ name }) => name), ...service.needs.map(({ from }) => from)]
      // What is on all hosts keeps none of them busy, but those that its options name.
      for (const names of named)
        for (const name of names) if (new Set(names).size < hosts.length || said.has(name)) busy.add(name)
    }
    return hosts
      .filter(({ name }) => !busy.has(name))
      .map(({ name }) => ({ message: `Nothing runs on ${name}.`, subject: name, at: ['hosts', name] }))
  },
})

export const oneReleasePerCluster = defineRule({
  code: 'OPS-003',
  severity: 'warning',
  demand: 'Hosts that stand for each other run the same release of the operating system.',
  reason:
    'Members of two releases speak with two versions of the same program, and of two holders of a virtual IP each answers in its own way: what was tried on one of them may fail on the other, on the day on which it takes over.',
  evidence:
    "Debian 12 and 13 carry etcd 3.4 and 3.5, HAProxy 2.6 and 3.0. etcd's documentation, Upgrade etcd from 3.4 to 3.5, on mixed versions: a cluster of two versions has the features of the older.",
  wayOut: 'Bring all of them to one release; waive this while an upgrade goes from host to host.',
  check: ({ services, vips }) => {
    const clusters = services
      .filter(({ redundancy }) => redundancy)
      .map(({ name, hosts }) => ({ name, called: name, hosts }))
    const pairs = vips
      .filter((vip) => services.some((service) => frontendsOf(service).some((f) => f.vip === vip.name)))
      .map(({ name, hosts }) => ({ name, called: `The virtual IP ${name}`, hosts }))
      // Holders that are members of a cluster as well are judged with it.
      .filter((pair) => !clusters.some(({ hosts }) => pair.hosts.every((host) => hosts.includes(host))))
    return [...clusters, ...pairs].flatMap(({ name, called, hosts }): readonly Violation[] => {
      const [first, other] = [hosts[0], hosts.find(({ os }) => os !== hosts[0]?.os)]
      return first && other
        ? [
            {
              message: `${called} runs on ${first.os} at ${first.name}, and on ${other.os} at ${other.name}.`,
              subject: name,
              at: ['hosts', other.name, 'os'],
            },
          ]
        : []
    })
  },
})

/** What there is to know of a release; support is its own security team's, then that of Debian LTS. */
const RELEASES: Readonly<Record<OperatingSystem, { readonly ending?: string }>> = {
  'debian-12': {
    ending: 'the security team handed it over in summer 2026, and Debian LTS ends on 30 June 2028',
  },
  'debian-13': {},
}
const isKnown = (os: string): os is OperatingSystem => Object.hasOwn(RELEASES, os)

export const knownRelease = definePlanRule({
  code: 'OPS-004',
  severity: 'error',
  demand: 'Every host runs an operating system that the roles are written for.',
  reason:
    'Packages, their versions and the names of files differ from release to release: on another one the first task fails, or a later one.',
  evidence: '`platforms` of every role, which Ansible does not check by itself.',
  wayOut: `Install one of ${Object.keys(RELEASES).join(', ')}.`,
  checkPlan: ({ hosts }) =>
    Object.entries(hosts)
      .filter(([, { os }]) => !isKnown(os))
      .map(([name, { os }]) => ({
        message: `${name} runs ${os}, for which there are no roles.`,
        subject: name,
        at: ['hosts', name, 'os'],
      })),
})

export const supportedRelease = definePlanRule({
  code: 'OPS-005',
  severity: 'warning',
  demand: "Hosts run a release that its makers' security team still looks after.",
  reason:
    'Debian LTS mends a part of the packages, later, and ends on a day that is known: whoever begins with such a release has an upgrade of all hosts before them.',
  evidence: 'Debian LTS, the table of releases: Debian 12 until 30 June 2028, Debian 13 until 30 June 2030.',
  wayOut: "Install debian-13, or waive this for the release with the year of the upgrade: of: 'debian-12'.",
  checkPlan: ({ hosts }) => {
    const first = new Map<string, string>()
    const counts = new Map<string, number>()
    for (const [name, { os }] of Object.entries(hosts)) {
      if (!first.has(os)) first.set(os, name)
      counts.set(os, (counts.get(os) ?? 0) + 1)
    }
    return [...first].flatMap(([os, name]): readonly Violation[] => {
      const ending = isKnown(os) ? RELEASES[os].ending : undefined
      const count = counts.get(os) ?? 0
      const run = count === 1 ? `${name} runs` : `${name} and ${count - 1} more run`
      return ending === undefined
        ? []
        : [{ message: `${run} ${os}: ${ending}.`, subject: os, at: ['hosts', name, 'os'] }]
    })
  },
})

export const packagesWithoutInternet = defineRule({
  code: 'OPS-006',
  severity: 'warning',
  demand: "Hosts get their packages from mirrors, or through a proxy, of the organisation's own.",
  reason:
    "Without a word in the deployment they ask Debian's and PostgreSQL's servers on the internet: once it is cut, no host can be installed, repaired or updated until it is opened again.",
  evidence:
    'The roles base and patroni write http://deb.debian.org/debian and https://apt.postgresql.org/pub/repos/apt where the deployment names no mirrors.',
  wayOut:
    'Set packages.debian, packages.debianSecurity and packages.postgresql, or packages.proxy; else say in a waiver how updates come.',
  check: ({ services, deployment }) => {
    const { packages = {} } = deployment.input
    const installed = services.flatMap((service) => service.packages)
    if (installed.length === 0 || isOwn(packages.proxy)) return []
    const asked = [
      ...(isOwn(packages.debian) ? [] : ['packages']),
      ...(isOwn(packages.debianSecurity) ? [] : ['security updates']),
      ...(isOwn(packages.postgresql) || !installed.some(({ archive }) => archive === 'pgdg')
        ? []
        : ["packages of PostgreSQL's archive"]),
    ]
    const message = `Hosts ask servers on the internet for ${listed(asked)}.`
    return asked.length === 0 ? [] : [{ message, subject: 'packages', at: ['packages'] }]
  },
})

/** Servers that everybody asks. */
const PUBLIC = ['debian.org', 'postgresql.org']

/** Whether this is named and may be a server of the organisation's own: no public mirror, and no public address. */
function isOwn(url: string | undefined): boolean {
  const name = url === undefined ? undefined : /^https?:\/\/(?:[^@/]*@)?([^/:]+)/.exec(url)?.[1]
  if (name === undefined || PUBLIC.some((domain) => name === domain || name.endsWith(`.${domain}`)))
    return false
  return !isAddress(name) || isPrivate(name)
}
