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
  wayOut: "Say it, in whole days and one at least: keep: { mediaCopies: '7 days' }.",
  check: (_options, { deployment }) => {
    const said = deployment.input.keep?.['mediaCopies']
    const days = parseDays(said ?? '')
    if (days !== undefined && days > 0) return []
    const wrong =
      days === undefined
        ? 'which is no number of days: it is written in days, such as "28 days"'
        : 'which keeps no copy at all'
    return [
      {
        message:
          said === undefined
            ? 'The deployment does not say keep.mediaCopies.'
            : `keep.mediaCopies is "${said}", ${wrong}.`,
        subject: 'mediaCopies',
        at: ['keep', 'mediaCopies'],
      },
    ]
  },
})

const reachBack = defineServiceRule<CopyOptions>({
  code: 'BK-017',
  severity: 'warning',
  demand: 'Copies of media reach back as far as media are kept.',
  reason:
    'What is older than the copies is on the object store alone: whatever is deleted or damaged there is gone, although people still see its message.',
  evidence:
    'The role copies the objects of the last keep.mediaCopies where `whole` is not said, and keeps what was deleted as long.',
  wayOut:
    'Raise keep.mediaCopies, or say whole: true with a disk that is large enough; else waive this, and say what may be lost.',
  check: ({ whole }, { deployment }) => {
    const { keep = {} } = deployment.input
    const copies = parseDays(keep['mediaCopies'] ?? '')
    const media = parseDays(keep['media'] ?? '')
    return whole || copies === undefined || copies === 0 || media === undefined || copies >= media
      ? []
      : [
          {
            message: `Media are kept for ${media} days, and copied for ${copies}: what is older is on the object store alone.`,
            subject: 'media_backup',
            at: ['keep', 'mediaCopies'],
          },
        ]
  },
})

/** What copies of media must keep. */
export const rules: readonly ServiceRule<CopyOptions>[] = [somethingToCopy, elsewhere, keepStated, reachBack]
