import type { Site } from '#topology'
import { matrixName } from './surroundings.ts'

/** Long polls of a user: one of each device that is on line, and two devices. */
export const POLLS_OF_A_USER = 2
/** A deployment for fewer users has room for a burst all the same. */
const FEWEST_CONNECTIONS = 20_000

/** What people reach of the application, and what they do not. `users` are those at the same time. */
export function sitesOf(domain: string, users = 0): readonly Site[] {
  const matrix = matrixName(domain)
  const both = [domain, matrix]
  return [
    {
      name: 'matrix',
      endpoint: 'web',
      purpose: "Matrix's interface for clients and its web pages",
      balance: 'leastconn',
      // Slow: a main process that is busy must not lose its only way in.
      check: {
        kind: 'http',
        endpoint: 'web',
        method: 'GET',
        path: '/_matrix/client/versions',
        host: matrix,
        tls: false,
        interval: '2s',
        fall: 3,
        rise: 2,
        timeout: '5s',
      },
      maxConnections: Math.max(FEWEST_CONNECTIONS, users * POLLS_OF_A_USER),
      routes: [
        { name: 'matrix_pages', hosts: [domain], prefixes: ['/'] },
        { name: 'matrix_client', hosts: [matrix], prefixes: ['/'] },
        // Whoever tries passwords by the thousand is stopped before Synapse has to count.
        {
          name: 'matrix_login',
          hosts: [matrix],
          exact: ['r0', 'v3'].flatMap((version) =>
            ['account/password', 'login', 'register'].map((path) => `/_matrix/client/${version}/${path}`),
          ),
          limit: 100,
        },
        // The files are served under the other name.
        {
          name: 'matrix_well_known',
          hosts: [domain],
          prefixes: ['/.well-known/matrix'],
          hostHeader: matrix,
        },
        {
          name: 'matrix_admin',
          hosts: both,
          prefixes: ['/synapse-admin', '/_synapse/admin'],
          from: ['admins'],
        },
        { name: 'matrix_metrics', hosts: both, prefixes: ['/metrics'], from: [] },
      ],
    },
    {
      name: 'matrix_federation',
      endpoint: 'federation',
      purpose: "Matrix's interface for other servers, closed but for the check of OpenID tokens",
      balance: 'leastconn',
      check: { kind: 'tcp', interval: '2s', fall: 3, rise: 2 },
      routes: [
        {
          name: 'matrix_federation',
          hosts: both,
          prefixes: ['/_matrix/federation', '/_matrix/key'],
          ports: [443, 8448],
          from: [],
        },
        // The one path that a service which hands out tokens for calls needs: it has a need for this route.
        {
          name: 'matrix_openid',
          hosts: both,
          exact: ['/_matrix/federation/v1/openid/userinfo'],
          ports: [443, 8448],
          from: [],
        },
      ],
    },
  ]
}
