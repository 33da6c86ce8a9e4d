import { z } from 'zod'
import { defineService, hostName, type OptionsOf, roleValues, secretRef, type Topology } from '#topology'
import { secretsFolder } from '../tls/service.ts'
import role from './role.ts'
import { rules } from './rules.ts'

const options = z.object({
  hosts: z.array(hostName()).length(1).describe('The host that keeps the copies.'),
  folder: z.string().startsWith('/').default('/srv/config-backup').describe('Folder of the copies.'),
  files: z
    .array(z.object({ host: hostName(), path: z.string().startsWith('/') }))
    .default([])
    .describe('Further files that cannot be made again, beside those that services name themselves.'),
})
export type ConfigBackupOptions = z.output<typeof options>

/** The files that services say are irreplaceable, and those of the deployment, each once. */
const filesOf = ({ files }: ConfigBackupOptions, { services }: Topology) => [
  ...new Map(
    [...services.flatMap(({ irreplaceable }) => irreplaceable), ...files].map(({ host, path }) => [
      `${host}:${path}`,
      { host, path },
    ]),
  ).values(),
]

const service = defineService({
  name: 'config_backup',
  summary: 'Copies of the secrets and of keys that cannot be made again, encrypted.',
  options,

  declare: ({ hosts }) => ({ hosts }),

  rules,

  variables: (options, topology) => [
    roleValues(role, options.hosts, () => ({
      folder: options.folder,
      secrets_directory: secretsFolder(topology),
      files: filesOf(options, topology),
      password: secretRef('config_backup_password'),
    })),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    config_backup: OptionsOf<typeof service, Host, Vip>
  }
}
