import { describe, expect, it } from 'vitest'
import { noIdleHost, oneReleasePerCluster, packagesWithoutInternet } from '../../src/rules/operations.ts'
import { severalHolders } from '../../src/rules/virtual-ips.ts'
import {
  type DeploymentInput,
  host,
  type PackageNeed,
  type ServiceDeclaration,
} from '../../src/topology/index.ts'
import { said, saidOfPlan, settled, village } from './village.ts'

describe('a host', () => {
  const pages = (hosts: readonly string[]): ServiceDeclaration => ({
    hosts,
    endpoints: [{ name: 'pages', port: 8080, protocol: 'tcp', purpose: 'pages' }],
  })
  const all = ['inn', 'mill', 'tower']

  it('is idle where it has no more than all hosts', () => {
    expect(said(noIdleHost, settled({ shop: pages(['inn']) }))).toEqual(['Nothing runs on tower.'])
    // `settled` says the hosts of a service in its options; what follows by itself says none.
    const follows = { ...pages(all), needs: [need('shop', all)] }
    const topology = settled({ shop: pages(['inn']), time: follows })
    const { input } = topology.deployment
    const deployment = { ...topology.deployment, input: { ...input, services: { shop: {} } as object } }
    expect(said(noIdleHost, { ...topology, deployment })).toEqual(['Nothing runs on tower.'])
  })

  it('is busy where it asks, or where the options of what is everywhere name it', () => {
    expect(
      said(noIdleHost, settled({ shop: { ...pages(['inn']), needs: [need('shop', ['tower'])] } })),
    ).toEqual([])
    expect(said(noIdleHost, settled({ shop: pages(all) }))).toEqual([])
  })

  it('is idle though an option of another service reads like its name', () => {
    const topology = settled({ shop: pages(['inn']) })
    const { input } = topology.deployment
    const services = { shop: { hosts: ['inn'], buckets: [{ name: 'tower' }] } } as object
    const deployment = { ...topology.deployment, input: { ...input, services } }
    expect(said(noIdleHost, { ...topology, deployment })).toEqual(['Nothing runs on tower.'])
  })
})

const need = (service: string, from: readonly string[]) => ({
  from,
  to: { service, endpoint: 'pages' },
  purpose: 'pages',
})

it('finds holders of a virtual IP on two releases, once', () => {
  const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'] } as const
  const { inn, tower } = village().input.hosts
  const mill = host('10.1.0.12', { ...hardware, os: 'debian-12' })
  const hosts = inn && tower ? { inn, mill, tower } : {}
  const web: ServiceDeclaration = {
    hosts: ['inn', 'mill'],
    frontends: [{ name: 'https', vip: 'front', port: 443, purpose: 'pages' }],
  }
  const found = 'runs on debian-13 at inn, and on debian-12 at mill.'
  expect(said(oneReleasePerCluster, settled({ web }, { hosts }))).toEqual([`The virtual IP front ${found}`])
  const council = { atLeast: 2, majority: false, because: 'So it is.' }
  expect(said(oneReleasePerCluster, settled({ web: { ...web, redundancy: council } }, { hosts }))).toEqual([
    `web ${found}`,
  ])
})

it('says that nobody holds a virtual IP', () => {
  const vips = { front: { address: '10.1.0.10', hosts: [] } }
  expect(saidOfPlan(severalHolders, { vips })).toEqual(['No host holds the virtual IP front.'])
})

describe('packages', () => {
  const asked = (packages: DeploymentInput['packages'], need: PackageNeed = { name: 'oven' }) =>
    said(
      packagesWithoutInternet,
      settled({ bakery: { hosts: ['inn'], packages: [need] } }, packages === undefined ? {} : { packages }),
    )
  const own = { debian: 'http://10.1.0.9/debian', debianSecurity: 'http://mirror.village.example/security' }

  it('come from the internet where nobody says from where', () => {
    expect(asked(undefined)).toEqual(['Hosts ask servers on the internet for packages and security updates.'])
    expect(asked({ debian: own.debian })).toEqual(['Hosts ask servers on the internet for security updates.'])
    expect(asked(own)).toEqual([])
    expect(asked({ proxy: 'http://10.1.0.9:3142' })).toEqual([])
  })

  it('come from there as well where the public servers are written out', () => {
    const debian = 'http://deb.debian.org/debian'
    expect(asked({ debian, debianSecurity: 'http://security.debian.org/debian-security' })).toHaveLength(1)
    expect(asked({ ...own, debian: 'http://203.0.114.9/debian' })).toEqual([
      'Hosts ask servers on the internet for packages.',
    ])
  })

  it('of an archive beside that of Debian have a mirror of their own', () => {
    const need = { name: 'database', archive: 'pgdg' } as const
    const said = ["Hosts ask servers on the internet for packages of PostgreSQL's archive."]
    expect(asked(own, need)).toEqual(said)
    expect(asked({ ...own, postgresql: 'https://apt.postgresql.org/pub/repos/apt' }, need)).toEqual(said)
    expect(asked({ ...own, postgresql: 'http://10.1.0.9/pgdg' }, need)).toEqual([])
  })
})
