import { randomBytes } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import type { Vault } from './vault.ts'

/** Ten years: the root outlives what it signs, and is replaced by hand. */
const ROOT_DAYS = 3650
/** Five years: a new one is made at leisure, since hosts believe the root. */
const ISSUER_DAYS = 1825

/**
 * Makes what is missing of a deployment's certificate authority, and says what it made: a root that hosts believe, and an
 * intermediate that signs. Certificates lie in the open, keys are encrypted, and a key is written before its certificate, so
 * that a certificate always has one. The root's key may be taken away once the intermediate is there.
 */
export async function initAuthority(
  { deployment, folder }: { readonly deployment: string; readonly folder: string },
  vault: Vault,
): Promise<readonly string[]> {
  const at = (name: string) => join(folder, name)
  const [root, rootKey] = [at('ca.crt'), at('ca-root.key')]
  const [issuer, issuerKey] = [at('ca-issuer.crt'), at('ca-issuer.key')]
  const scratch = mkdtempSync(join(tmpdir(), 'rolewright-'))
  const made: string[] = []
  try {
    if (existsSync(at('ca.key'))) {
      // Made when there was no intermediate: hosts believe this root and no other, which goes on signing by itself.
      publish(root, issuer)
      renameSync(at('ca.key'), issuerKey)
      made.push('kept the certificate authority, whose root signs by itself (ca.key is now ca-issuer.key)')
    }
    if (!existsSync(root)) {
      const [key, certificate] = [join(scratch, 'root.key'), join(scratch, 'root.crt')]
      await openssl([
        ...['req', '-x509', ...newKey(key), '-out', certificate, '-days', String(ROOT_DAYS)],
        ...['-subj', `/CN=${deployment} internal CA`],
        ...['-addext', 'basicConstraints=critical,CA:TRUE,pathlen:1'],
        ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      ])
      await vault.write(rootKey, readFileSync(key, 'utf8'))
      publish(certificate, root)
      made.push('made the root of the certificate authority (ca.crt, ca-root.key)')
    }
    if (!existsSync(issuer)) {
      if (!existsSync(rootKey))
        throw new CannotRun(
          `${issuer} is missing, and the key of the root, which signs it, is not here.`,
          `Bring ${rootKey} back for as long as it takes.`,
        )
      const [key, request] = [join(scratch, 'issuer.key'), join(scratch, 'issuer.csr')]
      const [certificate, extensions] = [join(scratch, 'issuer.crt'), join(scratch, 'extensions')]
      const signingKey = join(scratch, 'signing.key')
      // The folder is this account's alone and is removed below.
      writeFileSync(signingKey, await vault.decrypt(rootKey), { mode: 0o600 })
      writeFileSync(
        extensions,
        'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n',
      )
      await openssl([
        ...['req', '-new', ...newKey(key), '-out', request],
        ...['-subj', `/CN=${deployment} internal CA, issuer`],
      ])
      await openssl([
        ...['x509', '-req', '-in', request, '-out', certificate, '-days', String(ISSUER_DAYS), '-sha384'],
        ...['-CA', root, '-CAkey', signingKey, '-extfile', extensions],
        ...['-set_serial', `0x${randomBytes(16).toString('hex').replace(/^./, '4')}`],
      ])
      await vault.write(issuerKey, readFileSync(key, 'utf8'))
      publish(certificate, issuer)
      made.push(
        'made the intermediate that signs (ca-issuer.crt, ca-issuer.key); ca-root.key may be taken away',
      )
    }
    return made
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const newKey = (file: string) =>
  ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384', '-nodes', '-keyout', file] as const

/** Whole or not at all. */
function publish(from: string, to: string): void {
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}

async function openssl(args: readonly string[]): Promise<void> {
  const { exitCode } = await execa('openssl', args, { reject: false })
  if (exitCode !== 0)
    throw new CannotRun(
      'openssl could not make the certificate authority.',
      'Install openssl: apt-get install openssl',
    )
}
