import { createHash } from 'node:crypto'

/** A zone of addresses: what is needed to write its file. */
export interface Zone {
  readonly domain: string
  /** First line, for people. */
  readonly comment: string
  /** Seconds for which answers may be kept. */
  readonly ttl: number
  /** Names of its servers, fully qualified, the first named in the SOA record. */
  readonly servers: readonly string[]
  /** Mail address of who is responsible, with a dot in place of the @. */
  readonly hostmaster: string
  /** Number of this version; from the records unless told. */
  readonly serial: number | undefined
  readonly addresses: readonly { readonly name: string; readonly address: string }[]
}

/** The zone file (RFC 1035), the same text for the same zone. */
export function zoneFile(zone: Zone): string {
  const relative = (name: string) =>
    name === zone.domain
      ? '@'
      : name.endsWith(`.${zone.domain}`)
        ? name.slice(0, -zone.domain.length - 1)
        : `${name}.`
  const records = [
    ...zone.servers.map((server) => ['@', 'NS', relative(server)] as const),
    ...zone.addresses
      .map(({ name, address }) => [relative(name), 'A', address] as const)
      .sort(([one], [other]) => (one === '@' ? -1 : other === '@' ? 1 : one < other ? -1 : 1)),
  ]
  const width = Math.max(...records.map(([name]) => name.length))
  const lines = records.map(([name, type, value]) => `${name.padEnd(width)} IN ${type.padEnd(3)} ${value}`)
  const start = `${'@'.padEnd(width)} IN SOA ${relative(zone.servers[0] ?? zone.domain)} ${relative(zone.hostmaster)}`
  const times = '3600 600 1209600 300'
  const serial = zone.serial ?? numberOf([start, zone.ttl, times, ...lines].join('\n'))
  return [
    `; ${zone.comment}`,
    `$ORIGIN ${zone.domain}.`,
    `$TTL ${zone.ttl}`,
    `${start} ( ${serial} ${times} )`,
    ...lines,
    '',
  ].join('\n')
}

/**
 * A serial number that follows from the records: it changes when they do, without a clock, but does not always grow. Servers that
 * read the file do not mind; for servers that copy the zone state one that grows.
 */
function numberOf(text: string): number {
  return Math.max(1, createHash('sha256').update(text).digest().readUInt32BE(0) >>> 1)
}
