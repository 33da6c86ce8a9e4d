import { z } from 'zod'
import { defineService, hostName, type OptionsOf, roleValues, secretRef } from '#topology'
import { secretsFolder } from '../tls/service.ts'
import role from './role.ts'

const options = z.object({
  hosts: z.array(hostName()).length(1).describe('The host that keeps the copies.'),
  folder: z.string().startsWith('/').default('/srv/config-backup').describe('Folder of the copies.'),
  files: z
    .array(z.object({ host: hostName(), path: z.string().startsWith('/') }))
    .default([])
    .describe('Files that programs made for themselves on their hosts, such as a signing key.'),
})

const service = defineService({
  name: 'config_backup',
  summary: 'Copies of the secrets and of keys that cannot be made again, encrypted.',
  options,

  declare: ({ hosts }) => ({ hosts }),

  variables: (options, topology) => [
    roleValues(role, options.hosts, () => ({
      folder: options.folder,
      secrets_directory: secretsFolder(topology),
      files: options.files,
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
