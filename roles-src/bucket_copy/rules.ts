import { defineServiceRule, parseDays, type ServiceRule } from '#topology'
import type { CopyOptions } from './service.ts'

const at = (...keys: readonly string[]) => ['services', 'media_backup', ...keys]

const somethingToCopy = defineServiceRule<CopyOptions>({
  code: 'BK-008',
  severity: 'error',
  demand: 'There is an object store to copy from.',
  reason: 'Without one nothing is copied, and whoever trusts in copies finds out when he needs one.',
  evidence: 'The role copies what the service storage names in buckets.',
  wayOut: 'Place the service storage, or leave media_backup out.',
  check: (_options, { deployment }) =>
    deployment.input.services.storage
      ? []
      : [
          {
            message: 'Copies of media are asked for, and the deployment lacks the service storage.',
            subject: 'media_backup',
            at: at(),
          },
        ],
})

const elsewhere = defineServiceRule<CopyOptions>({
  code: 'BK-009',
  severity: 'error',
  demand: 'Copies of buckets are on no host of the object store.',
  reason: 'A copy beside its original is lost together with it, and takes the space of the drives.',
  evidence:
    'What a host holds is lost with it: fire, a stolen machine and a wrong command take all of its disks.',
  wayOut: 'Name a host that has nothing of the object store.',
  check: ({ hosts }, topology) => {
    const servers = new Set(topology.service('storage')?.hosts.map(({ name }) => name))
    return hosts
      .filter((name) => servers.has(name))
      .map((name) => ({
        message: `${name} is a host of the object store: copies there would be lost together with it.`,
        subject: name,
        at: at('hosts'),
      }))
  },
})

const keepStated = defineServiceRule<CopyOptions>({
  code: 'BK-010',
  severity: 'error',
  demand: 'The deployment says for how many days copies of media are kept.',
  reason:
    'Media outgrow every disk: how many days of them are copied is a decision, and what is older is on the object store alone.',
  evidence: 'With 200 GB a day, 360 days are 72 TB; a disk of 5 TB holds 25 days.',
  wayOut: "Say it: keep: { mediaCopies: '7 days' }.",
  check: (_options, { deployment }) => {
    const said = deployment.input.keep?.['mediaCopies']
    return parseDays(said ?? '') !== undefined
      ? []
      : [
          {
            message:
              said === undefined
                ? 'The deployment does not say keep.mediaCopies.'
                : `keep.mediaCopies is "${said}", which is no number of days.`,
            subject: 'mediaCopies',
            at: ['keep', 'mediaCopies'],
          },
        ]
  },
})

/** What copies of media must keep. */
export const rules: readonly ServiceRule<CopyOptions>[] = [somethingToCopy, elsewhere, keepStated]
