import type { Machine, Topology } from '#topology'
import { watchedOf } from '../../monitoring/service.ts'
import type { Questions } from './questions.ts'

/** Jobs of Prometheus that read nothing but what services are asked that something stands in for. */
function idleJobs(topology: Topology, standIn: readonly string[]): readonly string[] {
  const placed = topology.services.filter(({ name }) => standIn.includes(name))
  return placed.flatMap(({ name, probes }) =>
    probes.flatMap(({ metrics }) => (metrics ? [metrics.job ?? name] : [])),
  )
}

const whyIdle = (idle: string | undefined) => (idle === undefined ? {} : { idle })

/** What Prometheus knows, on its host. */
export function prometheusQuestions(
  topology: Topology,
  { name }: Machine,
  standIn: readonly string[],
): NonNullable<Questions['prometheus']> {
  const watched = watchedOf(topology)
  if (watched?.host !== name) return []
  const { rehearsal = false } = topology.deployment.input
  const idle = idleJobs(topology, standIn)
  const { url, user, password, jobs, alerts, boards } = watched
  return [
    {
      url,
      user,
      password,
      jobs: jobs.filter((job) => !idle.includes(job.name)),
      alerts,
      panels: boards
        .filter(({ job }) => !idle.includes(job))
        .flatMap((board) =>
          board.rows
            .flatMap(({ panels }) => panels)
            .map(({ title, now, queries, idle, idleInRehearsal }) => ({
              board: board.title,
              title,
              ...(now ? { now } : {}),
              queries: queries.map(({ expr }) => expr),
              ...whyIdle(idle ?? (rehearsal ? idleInRehearsal : undefined)),
            })),
        ),
    },
  ]
}
