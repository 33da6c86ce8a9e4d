import type { Unit } from './capacity.ts'

const GROUPED = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
/** A whole number with its thousands apart, in any locale the same. */
export const grouped = (value: number): string => GROUPED.format(value)

/** At most three figures that count, without zeros that say nothing. */
const short = (value: number): string =>
  value >= 100 ? grouped(value) : String(Number(value.toPrecision(3)))

const scaled = (value: number, step: number, units: readonly string[]): string => {
  const index = units.findIndex((_unit, i) => value < step ** (i + 1) || i === units.length - 1)
  return `${short(value / step ** index)} ${units[index]}`
}

/** An amount in its unit as people write it: `3.8 TB`, `96 GiB`, `2.25 Gbit/s`, `20,000 connections`. */
export function figure(value: number, unit: Unit): string {
  switch (unit) {
    case 'memory':
      return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'])
    case 'bytes':
      return scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'])
    case 'bits/s':
      return scaled(value, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
    case 'days':
      return `${grouped(Math.floor(value))} days`
    case 'cores':
      return `${short(value)} cores`
    default:
      return `${Number.isInteger(value) ? grouped(value) : short(value)} ${unit}`
  }
}
