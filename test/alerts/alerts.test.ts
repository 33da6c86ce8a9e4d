import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Alert, ruleFile } from '../../roles-src/monitoring/rules/alert.ts'
import { ALERT_GROUPS } from '../../roles-src/monitoring/rules/index.ts'
import type { Data } from '../../src/emit/data.ts'
import { emitMapping } from '../../src/emit/yaml.ts'
import { needs } from '../needs.ts'
import { root, temporaryFolder } from '../project/project.ts'
import type { AlertCase } from './case.ts'
import { databaseCases } from './database.ts'
import { hostCases } from './hosts.ts'
import { serviceCases } from './services.ts'
import { watchingCases } from './watching.ts'

const alerts: readonly Alert[] = ALERT_GROUPS.flatMap((group) => group.alerts)
const cases: readonly AlertCase[] = [...watchingCases, ...hostCases, ...databaseCases, ...serviceCases]

/** Undefined where neither the machine nor its package archive has it. */
const promtool = (() => {
  try {
    return execFileSync('bash', [join(root, 'tools/promtool.sh')], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
})()

it.each(alerts.map(({ name }) => name))('%s is tested both ways', (name) => {
  const own = cases.filter(({ alert }) => alert === name)
  expect(own.some(({ raises }) => raises)).toBe(true)
  if (name !== 'Watchdog') expect(own.some(({ raises }) => !raises)).toBe(true)
})

it('no test is of an alert that is not there, and no alert is there twice', () => {
  const names = alerts.map(({ name }) => name)
  expect(cases.map(({ alert }) => alert).filter((name) => !names.includes(name))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})

const yaml = (content: object): string =>
  emitMapping(Object.entries(content).map(([key, value]) => ({ key, value: value as Data }))) // plain data

/** A case in the words of `promtool test rules`. */
function unitTest({ alert, when, series, at, every = 1, raises }: AlertCase) {
  const rule = alerts.find(({ name }) => name === alert)
  return {
    name: `${alert} when ${when}`,
    interval: `${every}m`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      {
        eval_time: at,
        alertname: alert,
        exp_alerts: raises
          ? [
              {
                exp_labels: { severity: rule?.severity ?? '', ...raises.labels },
                exp_annotations: { summary: raises.summary, description: rule?.description ?? '' },
              },
            ]
          : [],
      },
    ],
  }
}

describe('the alerts', needs('promtool'), () => {
  const folder = temporaryFolder()
  const files = ALERT_GROUPS.map(({ name }) => `${name}.yml`)
  beforeAll(() => {
    for (const group of ALERT_GROUPS)
      writeFileSync(join(folder.path, `${group.name}.yml`), yaml(ruleFile(group)))
  })
  afterAll(() => folder.dispose())
  const run = (...args: readonly string[]) =>
    execa(promtool ?? '', args, { cwd: folder.path, all: true, reject: false })

  it('are rules that Prometheus takes', async () => {
    const { exitCode, all } = await run('check', 'rules', ...files)
    expect(exitCode, all).toBe(0)
  })

  const ofGroup = ALERT_GROUPS.flatMap(({ name, alerts }) => {
    const own = cases.filter(({ alert }) => alerts.some((known) => known.name === alert))
    return [...new Set(own.map(({ every = 1 }) => every))].map((every) => ({
      name,
      every,
      tests: own.filter((one) => (one.every ?? 1) === every).map(unitTest),
    }))
  })
  it.each(ofGroup)(
    'of $name are raised and held back as their cases say, with a sample every $every minutes',
    async ({ name, every, tests }) => {
      const file = `${name}-${every}.test.yml`
      writeFileSync(
        join(folder.path, file),
        yaml({ rule_files: [`${name}.yml`], evaluation_interval: `${every}m`, tests }),
      )
      const { exitCode, all } = await run('test', 'rules', file)
      expect(exitCode, all).toBe(0)
    },
    300_000,
  )
})
