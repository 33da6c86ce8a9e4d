import { expect, it } from 'vitest'
import { Report } from '../../src/compile/scope.ts'
import { judgePlan, reportJudged, reportWaivers } from '../../src/rules/check.ts'
import { type Deployment, extend } from '../../src/topology/index.ts'
import { village } from './village.ts'

function codesOf(deployment: Deployment): readonly string[] {
  const report = new Report(() => undefined)
  const judged = judgePlan(deployment)
  reportJudged(judged, deployment, report)
  reportWaivers(judged, deployment, [], report)
  return report.findings.map(({ code }) => code)
}
const waived = village({
  admins: ['10.1.0.0/24'],
  controller: '10.1.0.5',
  waivers: [{ rule: 'NET-006', of: '10.1.0.0/24', because: 'All live in one street.' }],
})

it('accepts a case that a waiver names', () => {
  expect(codesOf(waived)).toEqual([])
})

it('tells of a waiver that accepts nothing', () => {
  expect(codesOf(village({ waivers: [{ rule: 'NET-006', because: 'An example.' }] }))).toEqual([
    'unused-waiver',
  ])
})

it('leaves an inherited waiver to the deployment that says it', () => {
  expect(codesOf(extend(waived, { name: 'hamlet', admins: ['10.3.0.0/24'] }))).toEqual([])
})
