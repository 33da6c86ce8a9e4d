import type { DeploymentInput } from './deployment.ts'
import { parseSize, parseSpeed } from './units.ts'

/** What people expect of a deployment. What is left out has the defaults of `DEFAULTS`. */
export interface Expectations {
  /** Users at once. */
  readonly users: number
  readonly messagesPerDay: number
  /** What is uploaded a day, such as `200 GB`. */
  readonly mediaPerDay: string
  /** The share of the users that is in calls at once; 0.05 unless told. */
  readonly callShare?: number
  /** People in a call on average; 4 unless told. */
  readonly callParticipants?: number
  /** What one person sends in a call, and each of the others receives of it; `1.5 Mbps` unless told. */
  readonly callBitrate?: string
  /** The share of the people in calls whose media need a relay; 0.22 unless told. */
  readonly callsRelayed?: number
  /** How often an uploaded file is downloaded; 5 unless told. */
  readonly downloads?: number
  /** What stays as it is when the number of users is varied; all of it grows with the users unless told. */
  readonly steady?: readonly Volume[]
}
/** What a day brings, and grows with the users unless a deployment calls it steady. */
export type Volume = 'messagesPerDay' | 'mediaPerDay'

/** What is assumed where a deployment does not say; docs/capacity.md has the sources. */
const DEFAULTS = {
  callShare: 0.05,
  callParticipants: 4,
  callBitrate: '1.5 Mbps',
  callsRelayed: 0.22,
  downloads: 5,
} as const satisfies Partial<Expectations>

/** The share of a day's traffic that its busiest hour has, as telephone networks count it. */
const BUSIEST_HOUR = 0.1

/** A deployment's load in figures. */
export interface Load {
  readonly users: number
  readonly messagesPerDay: number
  /** Bytes. */
  readonly mediaPerDay: number
  readonly callShare: number
  /** People in calls at once. */
  readonly callers: number
  readonly callParticipants: number
  /** Bits a second. */
  readonly callBitrate: number
  readonly callsRelayed: number
  readonly downloads: number
  readonly steady: readonly Volume[]
}

/** The load that a deployment expects; undefined where it says none, or something that is none. */
export function expectedLoad({ expects }: Pick<DeploymentInput, 'expects'>): Load | undefined {
  if (!expects) return undefined
  const given = { ...DEFAULTS, ...expects }
  return {
    ...given,
    mediaPerDay: parseSize(given.mediaPerDay, 'disk') ?? 0,
    callBitrate: parseSpeed(given.callBitrate) ?? 0,
    callers: given.users * given.callShare,
    steady: given.steady ?? [],
  }
}

/** The same habits with another number of users: messages, media and calls grow with them, but for what is steady. */
export function scaledTo(load: Load, users: number): Load {
  const factor = users / load.users
  const grown = (volume: Volume) => (load.steady.includes(volume) ? load[volume] : load[volume] * factor)
  return {
    ...load,
    users,
    messagesPerDay: grown('messagesPerDay'),
    mediaPerDay: grown('mediaPerDay'),
    callers: load.callers * factor,
  }
}

/** What comes each second in the busiest hour of a day, of what comes on that day. */
export const busiest = (perDay: number): number => (perDay * BUSIEST_HOUR) / 3600

/** Bits a second of uploads and of downloads in the busiest hour. */
export function mediaTraffic({ mediaPerDay, downloads }: Load): {
  readonly uploads: number
  readonly downloads: number
} {
  const uploads = busiest(mediaPerDay) * 8
  return { uploads, downloads: uploads * downloads }
}

/** Streams that are forwarded in calls: what each person sends, to each of the others. */
export const forwardedStreams = ({ callers, callParticipants }: Load): number =>
  callers * (callParticipants - 1)
