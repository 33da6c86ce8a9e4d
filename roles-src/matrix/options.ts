import { z } from 'zod'
import { hostName, parseDays, parseSize } from '#topology'
import { PROFILES, type WorkerCounts, workerCounts } from './workers.ts'

const MB = 1024 ** 2

const size = () =>
  z.string().refine((text) => parseSize(text, 'memory') !== undefined, "is no size; write '100 MB'")
const days = () => z.string().refine((text) => parseDays(text) !== undefined, "is no time; write '7 days'")

/** Megabytes of a size such as `100 MB`. */
export const megabytes = (text: string): number => Math.round((parseSize(text, 'memory') ?? 0) / MB)

export const options = z.object({
  host: hostName().describe('Host of the application.'),
  standby: hostName()
    .optional()
    .describe('Host that is prepared for it and waits: people switch over to it. None unless told.'),
  profile: z
    .enum(['seed', 'balanced'])
    .default('seed')
    .describe(
      '`seed` is 8 sync workers, 4 client readers, 4 federation senders and 2 event writers; `balanced` relieves the main process of the rest.',
    ),
  workers: workerCounts.partial().default({}).describe('Counts that differ from the profile.'),
  cache: size()
    .optional()
    .describe('Memory at most for the caches of each process; its share of the host unless told.'),
  pool: z
    .object({
      min: z.int().min(1).default(5).describe('Connections to the database that each process keeps.'),
      max: z.int().min(1).default(10).describe('Connections to the database of each process at most.'),
    })
    .refine(({ min, max }) => min <= max, 'keeps more connections than it may have')
    .prefault({}),
  uploads: z
    .object({
      largest: size().default('100 MB').describe('Size of the largest file that may be uploaded.'),
      bucket: z.string().default('synapse-media').describe('Bucket of the object store that has the files.'),
      keepLocally: z
        .boolean()
        .default(true)
        .describe(
          "Keep files on the host's disk too, until the daily job that removes what is in the bucket.",
        ),
    })
    .prefault({}),
  retention: z
    .object({
      messages: days().optional().describe('How long messages are kept; for ever unless told.'),
      uploads: days()
        .optional()
        .describe(
          'How long files can be had that nobody asks for; Synapse forgets them then. For ever unless told.',
        ),
      redacted: days()
        .default('7 days')
        .describe('How long what was deleted can still be looked at by administrators.'),
    })
    .prefault({}),
  registration: z
    .enum(['closed', 'token'])
    .default('closed')
    .describe('Whether people make their accounts with a token, or administrators make them all.'),
  admins: z
    .array(z.string().regex(/^[a-z0-9._=/-]+$/, 'is no name of an account'))
    .default([])
    .describe('Accounts of administrators that are made at the first run; their passwords are in the vault.'),
  presence: z.boolean().default(false).describe('Whether users see who is there; costs much at this scale.'),
  urlPreviews: z.boolean().default(false).describe('Whether pages are fetched to preview links.'),
  directory: z
    .enum(['everyone', 'shared-rooms'])
    .default('everyone')
    .describe('Whom users find: everyone, or those with whom they share a room.'),
  participants: z.int().min(2).default(50).describe('People at most in a call.'),
  theme: z.enum(['light', 'dark']).default('light').describe('Theme of the web client.'),
  images: z
    .object({
      mirror: z.url().optional().describe("URL of a mirror of Docker Hub, for the host's Docker."),
      registry: z
        .string()
        .regex(/^[^/]+(\/.+)?\/$/, 'ends with a slash and has no scheme')
        .optional()
        .describe(
          "Registry that holds all images under their makers' paths, such as `registry.example.net:5000/`.",
        ),
      synapse: z
        .string()
        .optional()
        .describe(
          'Image of Synapse that has the S3 storage provider inside; built on the host from PyPI unless told.',
        ),
    })
    .prefault({}),
})
export type Options = z.output<typeof options>

/** The host and its standby. */
export const hostsOf = ({ host, standby }: Pick<Options, 'host' | 'standby'>) =>
  standby === undefined ? [host] : [host, standby]

/** The workers of a profile with what differs from it. */
export function countsOf({ profile, workers }: Pick<Options, 'profile' | 'workers'>): WorkerCounts {
  const own = Object.entries(workers).filter(([, count]) => count !== undefined)
  return { ...PROFILES[profile], ...Object.fromEntries(own) }
}
