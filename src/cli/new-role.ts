import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import nunjucks from 'nunjucks'
import { CannotRun } from '../finding.ts'
import { projectRoot } from './project.ts'

/** What Ansible allows as the name of a role, and what the compiler demands of it. */
const NAME = /^[a-z][a-z0-9_]*$/

/** Names that a folder below `roles-src/` cannot have, or under which a role's variables would be Ansible's own. */
const TAKEN = new Set([
  'playbooks',
  'ansible',
  'inventory',
  'group',
  'groups',
  'play',
  'playbook',
  'role',
  'hostvars',
])

/** `rolewright new role <name>`: writes a role that builds. Returns the exit code. */
export async function newRole(name: string): Promise<number> {
  for (const path of writeRole(projectRoot(), name)) process.stdout.write(`wrote ${path}\n`)
  process.stdout.write(
    `Next: name it in a play of roles-src/playbooks/site.ts, give it a service.ts, then run \`npm run build\`.\n`,
  )
  return 0
}

/** Writes the files of a new role; returns their paths below the project. Throws `CannotRun` for a name that will not do. */
export function writeRole(root: string, name: string): readonly string[] {
  if (!NAME.test(name) || TAKEN.has(name))
    throw new CannotRun(
      `"${name}" is no name for a role${TAKEN.has(name) ? ': it means something else already' : ''}.`,
      'Use lower case letters, digits and underscores, beginning with a letter, such as "redis".',
    )
  const folder = `roles-src/${name}`
  if (existsSync(join(root, folder)))
    throw new CannotRun(`${folder} exists already.`, 'Choose another name, or write to what is there.')
  return Object.entries(TEMPLATES).map(([path, template]) => {
    const file = `${folder}/${environment.renderString(path, { name })}`
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), environment.renderString(template, { name }), { flag: 'wx' })
    return file
  })
}

/** Other brackets than Jinja's, since one of the files is a template of Ansible's. */
const environment = new nunjucks.Environment(null, {
  throwOnUndefined: true,
  autoescape: false,
  tags: { variableStart: '<<', variableEnd: '>>', blockStart: '<%', blockEnd: '%>' },
})

const TEMPLATES: Readonly<Record<string, string>> = {
  'role.ts': `import { z } from 'zod'
import { defineRole } from '#dsl'
import { apt, systemd_service, template } from '#modules/builtin'

export default defineRole({
  name: '<< name >>',
  summary: 'Run << name >>.',
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    packages: z.array(z.string()).min(1).default(['<< name >>']).describe('Packages that bring << name >>.'),
    address: z.string().min(1).describe('Address that << name >> listens on.'),
    port: z.int().min(1).max(65535).default(8080).describe('Port that << name >> listens on.'),
  },

  // Check mode leaves out what needs this program while it is not installed.
  programs: { << name >>: '/usr/bin/<< name >>' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart << name >>',
      { name: '<< name >>', state: 'restarted' },
      { needs: programs.<< name >> },
    ),
  }),

  install: ({ vars }) => [apt('Install << name >>', { name: vars.packages, state: 'present' })],

  configure: ({ handlers }) => [
    template(
      'Write the configuration of << name >>',
      { src: '<< name >>.conf.j2', dest: '/etc/<< name >>.conf', owner: 'root', group: 'root', mode: '0644' },
      { notify: handlers.restart },
    ),
  ],

  service: ({ programs }) => [
    systemd_service(
      'Keep << name >> running',
      { name: '<< name >>', state: 'started', enabled: true },
      { needs: programs.<< name >> },
    ),
  ],

  example: { address: '192.0.2.11' },
})
`,
  'templates/<< name >>.conf.j2': `{{ ansible_managed | comment }}
listen {{ << name >>_address }}:{{ << name >>_port }}
`,
}
