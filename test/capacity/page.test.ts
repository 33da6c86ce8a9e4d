import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { printPage } from '../../src/capacity/page.ts'
import { effectsOf } from '../../src/capacity/scale-up.ts'
import { surveyOf } from '../../src/capacity/survey.ts'
import { printTable } from '../../src/cli/output.ts'
import { optionsOf } from '../../src/compile/inventory.ts'
import { loadSources, type Sources } from '../../src/compile/load.ts'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import { expectedLoad, scaledTo } from '../../src/topology/load.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { root } from '../project/project.ts'

let sources: Sources
let topology: Topology
beforeAll(async () => {
  sources = await loadSources(root, root)
  const derived = deriveTopology(production, sources.services, new Report(() => undefined), sources.artifacts)
  if (!derived) throw new Error('Nothing follows from production.')
  topology = derived
})

const survey = (users?: number) => {
  const expected = expectedLoad(production.input)
  if (!expected) throw new Error('Production expects nothing.')
  return surveyOf(topology, users === undefined ? expected : scaledTo(expected, users))
}
const effects = (users?: number) =>
  effectsOf(topology, sources.services, (service) => optionsOf(service, topology), survey(users).load)
/** Tables with lines that end where their text does. */
const page = (users?: number) =>
  printPage('production', survey(users), effects(users), printTable)
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')

describe('the page of capacity', () => {
  it.each<[file: string, users: number | undefined]>([
    ['production.txt', undefined],
    ['production-100000.txt', 100_000],
  ])('%s is what is printed', async (file, users) => {
    await expect(page(users)).toMatchFileSnapshot(join(root, 'test/capacity', file))
  })

  it('says nothing that is no figure', () => {
    expect(page(100_000)).not.toMatch(/NaN|Infinity|undefined|\[object/)
  })
})

describe('what would break', () => {
  it('is within everything that production declares', () => {
    expect(survey().balances.filter(({ headroom }) => headroom < 0)).toEqual([])
  })

  it('comes first where the fewest users are left', () => {
    const users = survey().breaking.map((balance) => balance.users ?? 0)
    expect(users).toEqual(users.toSorted((a, b) => a - b))
    expect(users[0]).toBe(10_001)
  })

  it('does not depend on the number of users that is asked for', () => {
    const named = (users?: number) =>
      survey(users).breaking.map(({ where, what, users }) => [where, what, users])
    expect(named(100_000)).toEqual(named())
  })
})

describe('a way to grow', () => {
  const changed = (metric: string, to: string) =>
    effects()
      .find((effect) => effect.metric === metric && effect.to === to)
      ?.changed.map(({ where, what, before, after }) => [where, what, before.users, after.users])

  it('tells how many users processors are worth', () => {
    expect(changed('Synapse CPU', '64 vCPU')).toEqual([['synapse', 'cpu', 32_528, 43_370]])
  })

  it('says so where memory is not what ends first, since caches are ceilings', () => {
    expect(changed('Synapse RAM', '192 GB')?.map(([, , before, after]) => [before, after])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ])
  })

  it('finds that 800 connections with their memory do not fit into 64 GB', () => {
    expect(changed('DB connections', 'max_connections 800')).toContainEqual([
      'patroni1 patroni2 patroni3',
      'memory',
      undefined,
      0,
    ])
  })
})
