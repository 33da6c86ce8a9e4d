import { z } from 'zod'
import { SOURCES } from './certificate.ts'

const acme = z.object({
  directory: z
    .string()
    .default('https://acme-v02.api.letsencrypt.org/directory')
    .describe("Directory of the server; Let's Encrypt unless told."),
  termsAgreed: z.literal(true).describe('That you agree to the terms of the server.'),
  contact: z.array(z.string()).default([]).describe('Such as `mailto:admin@example.net`.'),
  dns: z
    .union([
      z.object({
        server: z.string().describe('Address of the name server that takes updates by RFC 2136.'),
        port: z.int().min(1).max(65_535).default(53),
        zone: z.string().describe('Zone that the records are written to.'),
        keyName: z.string().describe('Name of the TSIG key, which is in `acme-tsig.key` of the secrets.'),
        keyAlgorithm: z.enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512']).default('hmac-sha256'),
      }),
      z.object({
        command: z.array(z.string()).min(1).describe('Program and arguments on the controller.'),
      }),
    ])
    .describe('How the names are shown to be ours: by RFC 2136, or by a command.'),
  nameservers: z
    .array(z.string())
    .default([])
    .describe('Addresses of name servers that must answer with the records before the server looks.'),
  validityDays: z
    .int()
    .min(1)
    .optional()
    .describe("Days for which the server signs; those of Let's Encrypt, as announced, unless told."),
  internetEnds: z.iso.date().optional().describe('The day of the cut, as 2027-01-31.'),
})

export const options = z
  .object({
    mode: z
      .enum(SOURCES)
      .default('internal_ca')
      .describe('Where the certificates that clients see come from. All others are of the internal CA.'),
    certificates: z
      .record(z.string(), z.enum(SOURCES))
      .default({})
      .describe('Single ones of them, by name, that come from elsewhere.'),
    providedFolder: z
      .string()
      .optional()
      .describe(
        'Folder of those made elsewhere, as `<host>/<name>.crt` and `.key`, relative to the project; `certificates` in that of the secrets unless told.',
      ),
    acme: acme.optional().describe('Needed where certificates come from an ACME server.'),
    validityDays: z
      .int()
      .min(1)
      .default(397)
      .describe('Days for which a new certificate of the internal CA is valid.'),
    renewBeforeDays: z
      .int()
      .min(0)
      .default(30)
      .describe('Days before its end when a certificate is renewed.'),
  })
  .superRefine(({ mode, certificates, acme }, issues) => {
    if (!acme && [mode, ...Object.values(certificates)].includes('acme'))
      issues.addIssue({
        code: 'custom',
        path: ['acme'],
        message: 'is needed for certificates of an ACME server',
      })
  })
export type Options = z.output<typeof options>
