import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { TopologyHost } from '../topology/topology.ts'
import type { PreviewedFile } from './preview.ts'

/** What a program says of the file that it will read on a host. */
export interface Validation {
  readonly file: PreviewedFile
  /** `valid`, `invalid`, or `unjudged` where this machine cannot tell. */
  readonly verdict: 'valid' | 'invalid' | 'unjudged'
  /** What it said, or why nothing can be said here. */
  readonly said: string
}

/** Longest that a program may take for one file, in seconds. */
const PATIENCE = 10

/**
 * Has every previewed file looked at as its task has it done on the host, where the program is on this machine: at its final
 * place, with the host's other files laid over this machine's, in namespaces of its own without a network. Where the kernel
 * refuses such namespaces, nothing is judged.
 */
export async function validate(
  files: readonly PreviewedFile[],
  hosts: readonly TopologyHost[],
): Promise<readonly Validation[]> {
  const all: Validation[] = []
  for (const host of hosts)
    all.push(
      ...(await ofHost(
        host,
        files.filter((file) => file.host === host.name),
      )),
    )
  return all
}

async function ofHost(host: TopologyHost, files: readonly PreviewedFile[]): Promise<readonly Validation[]> {
  const asked = files.flatMap((file) => (file.validate === null ? [] : [{ file, command: file.validate }]))
  if (asked.length === 0) return []
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-validate-'))
  const [upper, out] = [join(folder, 'upper'), join(folder, 'out')]
  try {
    for (const path of [upper, join(folder, 'work'), join(folder, 'root'), out]) mkdirSync(path)
    // Programs read what belongs to other accounts there: nothing of it is secret.
    chmodSync(folder, 0o755)
    for (const { path, content, mode } of files) {
      mkdirSync(dirname(join(upper, path)), { recursive: true })
      writeFileSync(join(upper, path), content)
      chmodSync(join(upper, path), Number.parseInt(mode ?? '0644', 8) | 0o444)
    }
    writeFileSync(
      join(folder, 'run'),
      scriptFor(
        host,
        asked.map(({ file, command }) => command.replaceAll('%s', file.path)),
      ),
    )
    const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
    const { exitCode, stderr } = await execa('unshare', ['--mount', '--net', ...asRoot, 'bash', 'run'], {
      cwd: folder,
      reject: false,
    })
    return asked.map(({ file, command }, index) =>
      exitCode === 0
        ? judge(file, command, join(out, String(index)), upper)
        : { file, verdict: 'unjudged', said: stderr.trim().split('\n')[0] ?? '' },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gives the namespace the host's interface and lays the files over this machine's and runs each command there; its status and what it said go to `out/`. */
const scriptFor = ({ interface: name, address }: TopologyHost, commands: readonly string[]): string =>
  [
    'set -eu',
    'mount -t tmpfs none work && mkdir work/upper work/work && cp -a upper/. work/upper',
    'mount -t overlay overlay -o lowerdir=/,upperdir=work/upper,workdir=work/work root',
    'for place in proc dev sys; do mount --rbind "/$place" "root/$place"; done',
    'set +e',
    // Some programs want the interface that they are told of; not every kernel has every kind.
    `for kind in dummy bridge; do ip link add ${quote(name)} type $kind 2>/dev/null && break; done`,
    `ip address add ${quote(address)}/24 dev ${quote(name)} 2>/dev/null`,
    ...commands.map(
      (command, index) =>
        `timeout ${PATIENCE} chroot root sh -c ${quote(command)} >out/${index} 2>&1 </dev/null; echo $? >out/${index}.rc`,
    ),
    'exit 0',
  ].join('\n')

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function judge(file: PreviewedFile, command: string, out: string, upper: string): Validation {
  const status = readFileSync(`${out}.rc`, 'utf8').trim()
  const said = readFileSync(out, 'utf8').trim()
  if (status === '0') return { file, verdict: 'valid', said }
  // A shell may run more programs than the first.
  const absent = /: (\S+): not found$/m.exec(said)?.[1]
  if (status === '127' || absent !== undefined)
    return { file, verdict: 'unjudged', said: `${absent ?? command.split(' ')[0]} is not on this machine` }
  if (status === '124') return { file, verdict: 'unjudged', said: 'it took too long' }
  const missing = [...said.matchAll(/(?<![\w.])\/[\w@./+-]*[\w]/g)]
    .map(([path]) => path)
    .find((path) => path !== file.path && !existsSync(path) && !existsSync(join(upper, path)))
  return missing === undefined
    ? { file, verdict: 'invalid', said }
    : { file, verdict: 'unjudged', said: `it asks for ${missing}, which is made on the host` }
}
