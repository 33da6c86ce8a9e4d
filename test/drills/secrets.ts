/**
 * Looks for every secret of a deployment whose lab is up and deployed: in generated/, in the logs that are named, and on every host
 * in command lines, in the journal, and in files that everybody can read. Prints places and names, never values.
 * Usage: secrets.ts [--deployment lab] [LOG…]. Exit 1 when one was found.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { parse } from 'yaml'
import { openLab } from './hosts.ts'

const { values, positionals: logs } = parseArgs({
  options: { deployment: { type: 'string', default: 'lab' } },
  allowPositionals: true,
})
const folder = join('.lab', values.deployment)

/** What ansible-vault encrypted, as text. */
const decrypted = async (file: string) =>
  (
    await execa(
      '.venv/bin/ansible-vault',
      ['view', '--vault-password-file', join(folder, 'vault-password'), file],
      { env: { LC_ALL: 'C.UTF-8', PAGER: 'cat' } },
    )
  ).stdout

/** Every file below a folder. */
const below = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())

/** Forms in which a value may stand somewhere. */
const formsOf = (value: string): readonly string[] => [
  ...new Set([value, Buffer.from(value).toString('base64'), encodeURIComponent(value)]),
]
/** A line in the middle of a key. */
const lineOf = (pem: string): string => {
  const lines = pem.split('\n').filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line))
  return lines[Math.floor(lines.length / 2)] ?? ''
}

const needles = new Map<string, string>()
for (const file of below(join(folder, 'secrets'))) {
  const text = readFileSync(file, 'utf8')
  if (!text.startsWith('$ANSIBLE_VAULT')) continue
  const plain = await decrypted(file)
  if (plain.includes('PRIVATE KEY')) needles.set(lineOf(plain), file)
  else
    for (const [name, value] of Object.entries(parse(plain) as Record<string, unknown>)) {
      if (typeof value !== 'string' || value.length < 8) continue
      for (const form of value.includes('PRIVATE KEY') ? [lineOf(value)] : formsOf(value))
        needles.set(form, name)
    }
}
needles.set(lineOf(readFileSync(join(folder, 'ssh/id_ed25519'), 'utf8')), 'the SSH key of the controller')
needles.set(readFileSync(join(folder, 'vault-password'), 'utf8').trim(), 'the password of the vault')
console.log(`looking for ${new Set(needles.values()).size} secrets`)

const found: string[] = []
for (const file of [...below('generated'), ...logs]) {
  const text = readFileSync(file, 'latin1')
  for (const [needle, name] of needles) if (text.includes(needle)) found.push(`${file}: ${name}`)
}

/** Asks on a host; the secrets come over standard input, since a command line is what it looks at. */
const SEARCH = `
import json, os, subprocess, sys
needles = {key.encode(): name for key, name in json.load(sys.stdin).items()}
patterns = b"\\n".join(needles) + b"\\n"
found = set()
def names(place, text):
    found.update(f"{place}: {name}" for needle, name in needles.items() if needle in text)
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            line = f.read()
        names(f"the command line of {line.split(bytes(1))[0].decode(errors='replace')}", line)
    except OSError:
        pass
journal = subprocess.run(["journalctl", "--boot", "--no-pager", "--output=cat", "--all"], capture_output=True).stdout
names("the journal", journal)
# What the distribution's packages brought holds no secret of a deployment.
skipped = {"/proc", "/sys", "/dev", "/usr/lib", "/usr/share", "/usr/bin", "/usr/sbin", "/var/lib/dpkg", "/var/lib/apt", "/var/cache"}
files = []
for folder, folders, entries in os.walk("/"):
    # Into a folder that others may not enter, others do not come.
    folders[:] = [d for d in folders if (p := os.path.join(folder, d)) not in skipped and not os.path.islink(p) and os.lstat(p).st_mode & 0o001]
    for entry in entries:
        path = os.path.join(folder, entry)
        try:
            mode = os.lstat(path)
        except OSError:
            continue
        if (mode.st_mode & 0o170000) == 0o100000 and mode.st_mode & 0o004 and mode.st_size:
            files.append(path)
if files:
    hits = b""
    for start in range(0, len(files), 500):
        part = [p.encode(errors="surrogateescape") for p in files[start:start + 500]]
        fd, other = os.pipe()
        with os.fdopen(other, "wb") as f:
            f.write(patterns)
        hits += subprocess.run([b"grep", b"-laF", b"-f", f"/dev/fd/{fd}".encode(), b"--", *part], pass_fds=[fd], capture_output=True).stdout
        os.close(fd)
    for path in hits.splitlines():
        with open(path, "rb") as f:
            names(path.decode(errors="replace"), f.read())
print(json.dumps({"files": len(files), "found": sorted(found)}))
`
const lab = await openLab(values.deployment)
const answers = await Promise.all(
  lab.hosts.map(async ({ name }) => {
    const input = JSON.stringify(Object.fromEntries(needles))
    const out = await lab.run(name, ['python3', '-c', `'${SEARCH.replaceAll("'", `'"'"'`)}'`], input)
    return { name, ...(JSON.parse(out) as { files: number; found: string[] }) } // the program's own output
  }),
)
for (const { name, files, found: here } of answers) {
  console.log(`${name}: command lines, the journal and ${files} files`)
  found.push(...here.map((place) => `${name}: ${place}`))
}
for (const place of found) console.log(`FOUND  ${place}`)
console.log(found.length === 0 ? 'no secret was found' : `${found.length} places`)
process.exit(found.length === 0 ? 0 : 1)
