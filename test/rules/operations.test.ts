import { describe, expect, it } from 'vitest'
import { packagesWithoutInternet } from '../../src/rules/operations.ts'
import type { DeploymentInput, PackageNeed } from '../../src/topology/index.ts'
import { said, settled } from './village.ts'

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
