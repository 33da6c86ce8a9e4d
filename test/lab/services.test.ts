import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { artifactServer, fileOf } from '../../src/lab/service/artifacts.ts'
import { cachePath, isForGood } from '../../src/lab/service/packages.ts'

test('a place in the cache never leaves it', () => {
  expect(cachePath('http://deb.debian.org/debian/pool/g/g%2b%2b_1%3a2.deb')).toBe(
    'deb.debian.org/debian/pool/g/g++_1:2.deb',
  )
  for (const odd of [
    'http://a/../b',
    'http://a/%2e%2e/b',
    'http://a//b',
    'https://a/b',
    '/b',
    'http://a/b?c',
    'http://a/%zz',
  ]) {
    expect(cachePath(odd)).toBeUndefined()
  }
})

test('packages and hashed indexes are kept for good, other indexes are not', () => {
  expect(isForGood('m/debian/pool/main/a/a_1_amd64.deb')).toBe(true)
  expect(isForGood('m/debian/dists/trixie/main/by-hash/SHA256/00')).toBe(true)
  expect(isForGood('m/debian/dists/trixie/InRelease')).toBe(false)
})

test('artifacts are served to read, with an index, and nothing beside their folder', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lab-artifacts-'))
  const folder = join(root, 'artifacts')
  mkdirSync(join(folder, 'wheels'), { recursive: true })
  writeFileSync(join(folder, 'wheels', 'a-1.whl'), 'wheel')
  writeFileSync(join(root, 'secret'), 'secret')
  symlinkSync(join(root, 'secret'), join(folder, 'link'))
  const server = artifactServer(folder).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    // listen() with a port: the address is no string.
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await (await fetch(`${url}/wheels/a-1.whl`)).text()).toBe('wheel')
    expect(await (await fetch(`${url}/wheels/`)).text()).toContain('href="./a-1.whl"')
    expect((await fetch(`${url}/wheels/none`)).status).toBe(404)
    expect((await fetch(`${url}/wheels/a-1.whl`, { method: 'PUT', body: 'x' })).status).toBe(405)
    expect(fileOf(folder, '/link')).toBeUndefined()
    expect(fileOf(folder, '/..%2fsecret')).toBeUndefined()
  } finally {
    server.close()
    rmSync(root, { recursive: true })
  }
})
