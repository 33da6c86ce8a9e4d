import { z } from 'zod'
import { type block, type Expr, j, type TaskItem } from '#dsl'

/** Where a certificate comes from. */
export const SOURCES = ['internal_ca', 'provided', 'acme'] as const
export type Source = (typeof SOURCES)[number]

/** One certificate of a host. */
export const certificateSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/)
    .describe('Names folder and files, such as `etcd`.'),
  source: z.enum(SOURCES).optional().describe('Where it comes from; `tls_mode` unless told.'),
  common_name: z.string().max(64).describe('Common name of the subject.'),
  names: z.array(z.string()).describe('DNS names that it is for.'),
  addresses: z.array(z.string()).describe('Addresses that it is for; for `acme` none.'),
  group: z
    .string()
    .optional()
    .describe('Group that reads the key, made where it is missing; `tls-<name>` unless told.'),
  reload: z
    .array(z.string())
    .default([])
    .describe('Units that are reloaded after a renewal, where they run; without `.service`.'),
})
export type Certificate = z.output<typeof certificateSchema>

/** What the tasks for certificates are told: variables of the role, and what follows from them. */
export interface Vars {
  readonly mode: Expr<Source>
  readonly directory: Expr<string>
  readonly ca_certificate_file: Expr<string>
  readonly issuer_key_file: Expr<string>
  readonly provided_directory: Expr<string>
  readonly certificates: Expr<Certificate[]>
  readonly validity_days: Expr<number>
  readonly renew_before_days: Expr<number>
  readonly renew_all: Expr<boolean>
  readonly acme_directory: Expr<string>
  readonly acme_account_key_file: Expr<string>
  readonly acme_contact: Expr<string[]>
  readonly acme_terms_agreed: Expr<boolean>
  readonly acme_dns_command: Expr<string[]>
  readonly acme_dns_server: Expr<string>
  readonly acme_dns_port: Expr<number>
  readonly acme_dns_zone: Expr<string>
  readonly acme_dns_key_name: Expr<string>
  readonly acme_dns_key_algorithm: Expr<'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'>
  readonly acme_dns_key_file: Expr<string>
  readonly acme_nameservers: Expr<string[]>
}

export type Handler = NonNullable<NonNullable<Parameters<typeof block>[2]>['notify']>
export type Tasks = readonly TaskItem[]

/** What loops over certificates print of each. */
export const perCertificate = {
  as: 'certificate',
  label: (certificate: Expr<Certificate>) => certificate.name,
} as const
/** Keywords of what the controller does. */
export const onController = { delegateTo: 'localhost', become: false } as const

export const groupOf = (certificate: Expr<Certificate>) =>
  certificate.group.defaultTo(j`tls-${certificate.name}`)

export const isFrom = (vars: Vars, certificate: Expr<Certificate>, source: Source) =>
  certificate.source.defaultTo(vars.mode).eq(source)

/** Paths below a certificate's own folder: its `crt`, `csr` or `key`. */
export const pathsIn =
  (directory: Expr<string>) =>
  ({ name }: Expr<Certificate>, ending: 'crt' | 'csr' | 'key') =>
    j`${directory}/${name}/${name}.${ending}`

/** Names and addresses as certificates hold them. */
export const subjectsOf = ({ names, addresses }: Expr<Certificate>) =>
  names
    .pipe<string[]>('map', 'regex_replace', '^', 'DNS:')
    .pipe<string[]>('list')
    .plus(addresses.pipe('map', 'regex_replace', '^', 'IP:').pipe('list'))
