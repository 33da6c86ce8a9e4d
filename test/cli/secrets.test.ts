import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, describe, expect, it } from 'vitest'
import { initSecrets, type SecretsPlan } from '../../src/cli/secrets.ts'
import { needs } from '../needs.ts'
import { root, temporaryFolder } from '../project/project.ts'

const folder = temporaryFolder()
afterEach(() => folder.dispose())

const vault = join(root, '.venv/bin/ansible-vault')

it('a line of htpasswd is made of its password, which it verifies', needs('ansible-vault'), async () => {
  const passwordFile = join(folder.path, 'password')
  const plan: SecretsPlan = {
    root,
    deployment: 'village',
    folder: join(folder.path, 'secrets'),
    secrets: new Map([
      ['metrics_password_htpasswd', ['metrics_users']],
      ['metrics_password', []],
    ]),
    recipes: new Map([
      ['metrics_password_htpasswd', { kind: 'htpasswd', user: 'reader', password: 'metrics_password' }],
    ]),
  }
  await initSecrets(plan, { passwordFile, makePassword: true, quiet: true })
  const { stdout } = await execa(vault, [
    ...['view', join(plan.folder, 'group_vars/all/vault.yml')],
    ...['--vault-password-file', passwordFile],
  ])
  const secret = (name: string) => new RegExp(`^vault_${name}: "?([^"\n]+)"?$`, 'm').exec(stdout)?.[1] ?? ''
  const [user, hash = ''] = secret('metrics_password_htpasswd').split(':')
  expect(user).toBe('reader')
  const [, , salt = ''] = hash.split('$')
  const again = await execa('openssl', ['passwd', '-apr1', '-salt', salt, '-stdin'], {
    input: secret('metrics_password'),
  })
  expect(hash).toMatch(/^[$]apr1[$]/)
  expect(again.stdout).toBe(hash)
})

describe('the certificate authority', needs('ansible-vault'), () => {
  const plan = (): SecretsPlan => ({
    root,
    deployment: 'village',
    folder: join(folder.path, 'secrets'),
    secrets: new Map(),
    recipes: new Map(),
  })
  const init = (changes: Partial<SecretsPlan> = {}) =>
    initSecrets(
      { ...plan(), ...changes },
      { passwordFile: join(folder.path, 'password'), makePassword: true, quiet: true },
    )
  const at = (name: string) => join(folder.path, 'secrets', name)
  const text = (name: string) => readFileSync(at(name), 'utf8')
  const opened = async (name: string) =>
    (await execa(vault, ['view', at(name), '--vault-password-file', join(folder.path, 'password')])).stdout
  const publicKeyOf = async (certificate: string) =>
    (await execa('openssl', ['x509', '-in', at(certificate), '-noout', '-pubkey'])).stdout

  it('has a root that signs an intermediate and nothing else', async () => {
    await init()
    const { stdout } = await execa('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      at('ca.crt'),
      at('ca-issuer.crt'),
    ])
    expect(stdout).toContain(': OK')
    const shown = await execa('openssl', ['x509', '-in', at('ca-issuer.crt'), '-noout', '-text'])
    expect(shown.stdout).toContain('CA:TRUE, pathlen:0')
    for (const [key, certificate] of [
      ['ca-root.key', 'ca.crt'],
      ['ca-issuer.key', 'ca-issuer.crt'],
    ] as const) {
      expect(text(key)).toMatch(/^\$ANSIBLE_VAULT;/)
      const half = await execa('openssl', ['pkey', '-pubout'], { input: await opened(key) })
      expect(half.stdout).toBe(await publicKeyOf(certificate))
    }
    expect(existsSync(at('acme-account.key'))).toBe(false)
  })

  it('needs the key of its root for a new intermediate alone', async () => {
    await init()
    const [before, root] = [text('ca-issuer.crt'), text('ca.crt')]
    renameSync(at('ca-root.key'), join(folder.path, 'stick'))
    await init()
    expect(text('ca-issuer.crt')).toBe(before)
    rmSync(at('ca-issuer.crt'))
    await expect(init()).rejects.toThrow('the key of the root, which signs it, is not here')
    renameSync(join(folder.path, 'stick'), at('ca-root.key'))
    await init()
    expect(text('ca-issuer.crt')).not.toBe(before)
    expect(text('ca.crt')).toBe(root)
  })

  it('that was made without an intermediate goes on signing by itself', async () => {
    await init()
    for (const name of ['ca-issuer.crt', 'ca-issuer.key']) rmSync(at(name))
    renameSync(at('ca-root.key'), at('ca.key'))
    const [root, key] = [text('ca.crt'), text('ca.key')]
    await init()
    await init()
    expect(text('ca.crt')).toBe(root)
    expect(text('ca-issuer.crt')).toBe(root)
    expect(text('ca-issuer.key')).toBe(key)
    expect(existsSync(at('ca.key'))).toBe(false)
  })

  it('stands beside the account at an ACME server, where there is one', async () => {
    await init({ acmeAccount: true })
    expect(await opened('acme-account.key')).toContain('BEGIN PRIVATE KEY')
  })
})
