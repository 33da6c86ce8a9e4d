import { htpasswdRef, type Probe, secretRef } from '#topology'
import { countsOf, type Options } from './options.ts'
import { matrixName } from './surroundings.ts'
import { workerIds } from './workers.ts'

/** The listener of the web proxy for HTTPS. */
export const LISTENER = 'https'
const USER = 'prometheus'

/** Where the metrics lie, below the domain. */
export const METRICS = '/metrics'
const password = secretRef('matrix_metrics_password')
/** What Matrix's reverse proxy is told, to check the password of whoever reads metrics. */
export const metricsUsers = htpasswdRef(USER, password)

/** What clients ask first. */
export function pageProbes(domain: string): readonly Probe[] {
  const matrix = matrixName(domain)
  return [
    `https://${domain}/`,
    `https://${domain}/.well-known/matrix/client`,
    `https://${matrix}/_matrix/client/versions`,
  ].map((url) => ({ url, listener: LISTENER }))
}

/** The metrics of the main process and of each worker, which no port of the host has. */
export function metricsProbes(domain: string, options: Options): readonly Probe[] {
  const account = { name: USER, password }
  const at = (path: string, worker: string, index: string): Probe => ({
    url: `https://${domain}${METRICS}/synapse/${path}`,
    listener: LISTENER,
    // `index` tells processes apart in Synapse's own dashboards.
    metrics: { job: 'synapse', labels: { worker, index }, account },
  })
  return [
    at('main-process', 'main', 'main'),
    ...workerIds(countsOf(options)).map(({ worker, id }) => at(`worker/${id}`, worker, id)),
  ]
}
