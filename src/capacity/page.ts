import { MOST_USERS } from '../topology/breaking.ts'
import { figure, grouped } from '../topology/figures.ts'
import type { Load } from '../topology/load.ts'
import type { Effect } from './scale-up.ts'
import { type Survey, type Surveyed, together } from './survey.ts'

type Print = (head: readonly string[], rows: readonly (readonly string[])[]) => string

/** How many of what breaks first are named. */
const NAMED = 5

/** The whole of what `rolewright capacity` prints, for people. Ends with a newline. */
export function printPage(
  deployment: string,
  { load, balances, breaking }: Survey,
  effects: readonly Effect[],
  print: Print,
): string {
  const groups = together(balances)
  const sources = [...new Set(groups.flatMap(({ parts }) => parts.map(({ source }) => source)))]
  const [first, ...others] = together(breaking)
  return `${[
    `${deployment} with ${loadOf(load)}`,
    'What is demanded, and what of it may be used (70 % of processors and network, 80 % of disks, 90 % of memory)',
    print(
      ['where', 'what', 'demand', 'there', 'left', 'breaks at'],
      groups.map((balance) => [
        balance.where,
        balance.what,
        figure(balance.demand, balance.unit),
        figure(balance.supply, balance.unit),
        left(balance),
        usersOf(balance),
      ]),
    ),
    `The first thing to break: ${first ? `${first.where}, ${first.what}, at ${usersOf(first)}` : `nothing up to ${grouped(MOST_USERS)} users`}.`,
    ...(others.length > 0
      ? [
          print(
            ['then', 'what', 'breaks at'],
            others.slice(0, NAMED).map((balance) => [balance.where, balance.what, usersOf(balance)]),
          ),
        ]
      : []),
    'How each demand is computed; the numbers are those of the sources below',
    print(
      ['where', 'what', 'demand', 'formula', 'source'],
      groups.flatMap(({ where, what, unit, parts }) =>
        parts.map((part) => [
          where,
          part.supply === undefined ? `${what}: ${part.what}` : what,
          figure(part.demand, unit),
          part.supply === undefined ? part.formula : `${part.formula}; there: ${part.supply}`,
          `[${sources.indexOf(part.source) + 1}]`,
        ]),
      ),
    ),
    sources.map((source, i) => `[${i + 1}] ${source}`).join('\n'),
    ...(effects.length > 0 ? ['What the ways to grow would change', growth(effects, print)] : []),
  ].join('\n\n')}\n`
}

const loadOf = (load: Load): string =>
  [
    `${grouped(load.users)} users`,
    `${grouped(load.messagesPerDay)} messages and ${figure(load.mediaPerDay, 'bytes')} of media a day, downloaded ${load.downloads} times;`,
    `${grouped(load.callers)} people in calls at once, ${load.callParticipants} in each, ${figure(load.callBitrate, 'bits/s')} from each, ${Math.round(load.callsRelayed * 100)} % of them relayed`,
  ]
    .join(', ')
    .replace(';,', ';')

const left = ({ headroom }: Surveyed): string => `${Math.floor(headroom * 100 + 1e-6)} %`

/** What a row says of the users. */
const usersOf = ({ users }: Surveyed): string =>
  users === undefined ? 'not by users' : users === 0 ? 'any number of users' : `${grouped(users)} users`

function growth(effects: readonly Effect[], print: Print): string {
  return print(
    [
      'metric',
      'now',
      'scaled up to',
      'where',
      'what',
      'there',
      'then there',
      'breaks at',
      'then breaks at',
      'first to break then',
    ],
    effects.flatMap(({ metric, now, to, changed, first }) => {
      const next = first ? `${first.where}, ${first.what}, ${usersOf(first)}` : 'nothing'
      return changed.length === 0
        ? [[metric, now, to, '-', 'nothing', '-', '-', '-', '-', next]]
        : changed.map(({ where, what, before, after }) => [
            metric,
            now,
            to,
            where,
            what,
            figure(before.supply, before.unit),
            figure(after.supply, after.unit),
            usersOf(before),
            usersOf(after),
            next,
          ])
    }),
  )
}
