import { defineServiceRule } from '#topology'
import type { Options } from './service.ts'

export const copiesGrow = defineServiceRule<Options>({
  code: 'DNS-001',
  severity: 'error',
  demand: 'A zone that other servers copy has a serial number that somebody counts up.',
  reason:
    'They copy a zone when its number has grown. One that follows from the records changes with them and is as often smaller: they would answer with the old addresses until their copy expires.',
  evidence: 'RFC 1034, section 4.3.5; RFC 1982 (serial number arithmetic).',
  wayOut: 'State serial, and count it up with each change; else leave transferTo out.',
  check: ({ transferTo, serial }) =>
    transferTo.length === 0 || serial !== undefined
      ? []
      : [
          {
            message: `${transferTo.join(' and ')} may copy the zone, and nobody counts its versions.`,
            subject: 'names',
            at: ['services', 'names', 'transferTo'],
          },
        ],
})
