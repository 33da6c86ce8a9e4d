import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, expect, it } from 'vitest'
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
