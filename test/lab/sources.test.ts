import { expect, test } from 'vitest'
import { debianMirrors, parseDeb822, parseList, upstreamOf } from '../../src/lab/sources.ts'

const list = `# deb https://commented.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] https://mirror.example/debian/ bookworm main # why
deb-src https://mirror.example/debian bookworm main
deb https://mirror.example/security bookworm-security main
deb https://other.example/apt nodistro main`

const deb822 = `Types: deb
# a comment inside
URIs: transport+https://mirror.example/a
  https://mirror.example/b
Suites: bookworm
 bookworm-updates
Components: main

Enabled: no
Types: deb
URIs: https://off.example/debian
Suites: bookworm

Types: deb-src
URIs: https://src.example/debian
Suites: bookworm`

test('one-line sources', () => {
  expect(parseList(list)).toEqual([
    { uri: 'https://mirror.example/debian/', suites: ['bookworm'] },
    { uri: 'https://mirror.example/security', suites: ['bookworm-security'] },
    { uri: 'https://other.example/apt', suites: ['nodistro'] },
  ])
})

test('deb822 sources, over several lines and without what is switched off', () => {
  expect(parseDeb822(deb822)).toEqual([
    { uri: 'transport+https://mirror.example/a', suites: ['bookworm', 'bookworm-updates'] },
    { uri: 'https://mirror.example/b', suites: ['bookworm', 'bookworm-updates'] },
  ])
})

test("Debian's public names stand for the machine's own mirrors", () => {
  expect(debianMirrors(parseList(list))).toEqual([
    { name: 'http://deb.debian.org/debian-security', uri: 'https://mirror.example/security' },
    { name: 'http://deb.debian.org/debian', uri: 'https://mirror.example/debian' },
  ])
  const noSecurity = debianMirrors([{ uri: 'http://m.example/debian', suites: ['trixie'] }])
  expect(noSecurity[0]?.uri).toBe('http://m.example/debian-security')
  expect(debianMirrors([]).map((mirror) => mirror.uri)).toEqual(
    debianMirrors([]).map((mirror) => mirror.name),
  )
})

test('only package archives are carried into the lab', () => {
  const mirrors = debianMirrors(parseList(list))
  const at = (url: string) => upstreamOf(url, mirrors)
  expect(at('http://deb.debian.org/debian/dists/trixie/InRelease')).toBe(
    'https://mirror.example/debian/dists/trixie/InRelease',
  )
  expect(at('http://deb.debian.org/debian-security/pool/a.deb')).toBe(
    'https://mirror.example/security/pool/a.deb',
  )
  expect(at('http://pgdg.example/pub/repos/apt/dists/trixie-pgdg/InRelease')).toContain('pgdg.example')
  expect(at('http://example.com/index.html')).toBeUndefined()
})
