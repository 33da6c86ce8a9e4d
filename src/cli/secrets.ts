import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { parse } from 'yaml'
import { secretsFolder } from '../emit/deployment.ts'
import { emitMapping } from '../emit/yaml.ts'
import { CannotRun } from '../finding.ts'
import type { SecretRecipe } from '../topology/secret.ts'
import { initAuthority } from './authority.ts'
import { printTable } from './output.ts'
import { openProject } from './project.ts'
import { type Vault, vaultOf } from './vault.ts'

/** Which secrets a deployment needs and where they are kept. */
export interface SecretsPlan {
  readonly root: string
  readonly deployment: string
  /** Absolute. */
  readonly folder: string
  /** Secret → the variables that hold it. */
  readonly secrets: ReadonlyMap<string, readonly string[]>
  /** Secrets that are made of others. */
  readonly recipes: ReadonlyMap<string, SecretRecipe>
  /** Whether a host gets certificates of an ACME server, where the deployment then has an account. */
  readonly acmeAccount?: boolean
}

export async function secretsPlan(root: string, deployment: string): Promise<SecretsPlan> {
  const project = await openProject(root)
  const found = project.deployments.get(deployment)
  if (!found)
    throw new CannotRun(
      `There is no deployment "${deployment}", or it has findings.`,
      'Run `rolewright build` and mend what it says.',
    )
  return {
    root,
    deployment,
    folder: join(root, secretsFolder(found.topology)),
    secrets: found.inventory.secrets,
    recipes: found.inventory.recipes,
    acmeAccount: [...found.inventory.groupVars.values()].some((vars) =>
      JSON.stringify(vars).includes('/acme-account.key"'),
    ),
  }
}

interface InitOptions {
  /** File with the vault's password; `ANSIBLE_VAULT_PASSWORD_FILE` unless told. */
  readonly passwordFile?: string
  /** Makes the password file when it is missing: only for throw-away secrets of a rehearsal. */
  readonly makePassword?: boolean
  readonly quiet?: boolean
}

/**
 * Writes what is missing of a deployment's secrets, encrypted with stock ansible-vault. What is there stays as it is, and
 * nothing is printed but names. Throws `CannotRun` without a password file, ansible-vault or openssl.
 */
export async function initSecrets(plan: SecretsPlan, options: InitOptions = {}): Promise<void> {
  const passwordFile = options.passwordFile ?? process.env['ANSIBLE_VAULT_PASSWORD_FILE']
  if (!passwordFile)
    throw new CannotRun(
      'ANSIBLE_VAULT_PASSWORD_FILE is not set.',
      'Put the password of the vault into a file that only you can read, and name it there.',
    )
  if (!existsSync(passwordFile)) {
    if (!options.makePassword) throw new CannotRun(`The password file ${passwordFile} does not exist.`)
    mkdirSync(join(passwordFile, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(passwordFile, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  }
  const say = (line: string) => void (options.quiet || process.stdout.write(`${line}\n`))
  const vault = vaultOf(plan.root, passwordFile)
  mkdirSync(join(plan.folder, 'group_vars/all'), { recursive: true, mode: 0o700 })
  writeOnce(join(plan.folder, 'hosts.yml'), '---\nall: {}\n')

  const file = join(plan.folder, 'group_vars/all/vault.yml')
  const present: Readonly<Record<string, string>> = existsSync(file)
    ? (parse(await vault.decrypt(file)) ?? {})
    : {}
  const missing = [...plan.secrets.keys()].filter((name) => present[`vault_${name}`] === undefined).sort()
  if (missing.length > 0) {
    const all: Record<string, string> = { ...present }
    // Those that are made of others come after them.
    for (const name of missing)
      if (!plan.recipes.has(name)) all[`vault_${name}`] = randomBytes(24).toString('base64url')
    for (const name of missing) {
      const recipe = plan.recipes.get(name)
      if (recipe) all[`vault_${name}`] = await prepare(recipe, all)
    }
    await vault.write(
      file,
      emitMapping(
        Object.entries(all)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => ({ key, value })),
      ),
    )
  }
  for (const name of missing) say(`made ${name}`)
  const made = [
    ...(await initAuthority(plan, vault)),
    ...(plan.acmeAccount ? await initAccount(plan, vault) : []),
  ]
  for (const what of made) say(what)
  if (missing.length === 0 && made.length === 0) say('nothing was missing')
}

/** A secret that follows from another one; openssl reads the password from its input. */
async function prepare(
  { user, password }: SecretRecipe,
  all: Readonly<Record<string, string>>,
): Promise<string> {
  const input = all[`vault_${password}`]
  if (input === undefined)
    throw new CannotRun(`The secret ${password} is not used by itself, and nothing can be made of it.`)
  const { exitCode, stdout } = await execa('openssl', ['passwd', '-apr1', '-stdin'], { reject: false, input })
  if (exitCode !== 0)
    throw new CannotRun('openssl could not hash a password.', 'Install openssl: apt-get install openssl')
  return `${user}:${stdout}`
}

/** The key of the account at an ACME server. */
async function initAccount(plan: SecretsPlan, vault: Vault): Promise<readonly string[]> {
  const file = join(plan.folder, 'acme-account.key')
  if (existsSync(file)) return []
  const { exitCode, stdout } = await execa(
    'openssl',
    ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    { reject: false },
  )
  if (exitCode !== 0)
    throw new CannotRun('openssl could not make a key.', 'Install openssl: apt-get install openssl')
  await vault.write(file, `${stdout}\n`)
  return ['made the key of the account at the ACME server (acme-account.key)']
}

function writeOnce(path: string, text: string): void {
  if (!existsSync(path)) writeFileSync(path, text)
}

/** `rolewright secrets list`: which variables hold what. */
export function listSecrets(plan: SecretsPlan): string {
  return printTable(
    ['secret', 'used by'],
    [...plan.secrets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, users]) => [`vault_${name}`, users.join(', ')]),
  )
}
