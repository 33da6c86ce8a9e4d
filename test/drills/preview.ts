/**
 * Compares what `rolewright preview` says with a deployed lab: every file of every host, byte for byte, with the lab's own
 * secrets in place of their masks. Reads only. Usage: preview.ts [--deployment lab] [--hosts NAME…].
 * Exit 1 where a file differs that DIFFERS does not explain, or where one of its entries explains nothing.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { languageRoot, openProject, projectRoot } from '../../src/cli/project.ts'
import { vaultOf } from '../../src/cli/vault.ts'
import { projectLayout } from '../../src/lab/index.ts'
import { maskOf, type PreviewedFile, preview } from '../../src/review/preview.ts'
import { openLab } from './hosts.ts'

/** Files that may be other than previewed, by path, and why. */
const DIFFERS: Readonly<Record<string, string>> = {
  '/etc/redis/users.acl': 'It holds hashes of passwords, which a preview makes of their masks.',
}

const { values } = parseArgs({
  options: { deployment: { type: 'string', default: 'lab' }, hosts: { type: 'string', multiple: true } },
})
const root = projectRoot()
const lab = await openLab(values.deployment)
const hosts = lab.hosts.map(({ name }) => name).filter((name) => values.hosts?.includes(name) ?? true)

const { folder } = projectLayout(root, values.deployment)
const vault: Readonly<Record<string, unknown>> = parse(
  await vaultOf(root, join(folder, 'vault-password')).decrypt(
    join(folder, 'secrets/group_vars/all/vault.yml'),
  ),
)
// A name may begin with another one.
const secrets = Object.entries(vault).sort(([a], [b]) => b.length - a.length)
const unmasked = ({ content }: PreviewedFile): Buffer =>
  Buffer.from(
    secrets.reduce(
      (text, [name, value]) => text.replaceAll(maskOf(name.replace(/^vault_/, '')), String(value)),
      content.toString('latin1'),
    ),
    'latin1',
  )

/** Prints the bytes of files in base64, and null for what is not there. The paths come on the standard input. */
const READER = `
import base64, json, os, sys
print(json.dumps({path: base64.b64encode(open(path, "rb").read()).decode() if os.path.isfile(path) else None for path in json.load(sys.stdin)}))
`
async function filesOf(host: string, paths: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const found: Readonly<Record<string, string | null>> = JSON.parse(
    await lab.run(host, [`python3 -c '${READER}'`], JSON.stringify(paths)),
  )
  return new Map(
    Object.entries(found).flatMap(([path, text]) =>
      text === null ? [] : [[path, Buffer.from(text, 'base64')]],
    ),
  )
}

const began = performance.now()
const { files, unknown } = await preview(
  { root, languageRoot },
  await openProject(root),
  values.deployment,
  hosts,
)
const seconds = ((performance.now() - began) / 1000).toFixed(1)
const explained = new Set<string>()
let [same, wrong] = [0, 0]
for (const host of hosts) {
  const previewed = files.filter((file) => file.host === host)
  const there = await filesOf(
    host,
    previewed.map(({ path }) => path),
  )
  for (const file of previewed) {
    if (there.get(file.path)?.equals(unmasked(file))) {
      same += 1
      continue
    }
    if (DIFFERS[file.path] !== undefined) {
      explained.add(file.path)
      continue
    }
    wrong += 1
    const what = there.has(file.path) ? 'differs' : 'is not there'
    process.stdout.write(`${host}:${file.path} ${what} (${file.role} : ${file.task})\n`)
  }
}
for (const path of Object.keys(DIFFERS).filter((known) => !explained.has(known))) {
  wrong += 1
  process.stdout.write(`${path} is listed as different, and is not\n`)
}
process.stdout.write(
  `preview: ${files.length} files of ${hosts.length} hosts rendered in ${seconds} s: ${same} as on the hosts, ` +
    `${explained.size} different for a known reason, ${wrong} wrong; ${unknown.length} known on hosts alone\n`,
)
process.exitCode = wrong > 0 ? 1 : 0
