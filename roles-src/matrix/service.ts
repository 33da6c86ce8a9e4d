import { z } from 'zod'
import { defineService, hostName, type OptionsOf, type Site } from '#topology'

const options = z.object({
  host: hostName().describe('Host of the application.'),
})

/** What people reach of the application, and what they do not. */
function sitesOf(domain: string): readonly Site[] {
  const matrix = `matrix.${domain}`
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
      maxConnections: 20_000,
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

const service = defineService({
  name: 'matrix',
  summary: 'The Matrix homeserver with its web pages, behind its own reverse proxy.',
  options,

  declare: ({ host }, { deployment }) => ({
    hosts: [host],
    endpoints: [
      { name: 'web', port: 81, protocol: 'tcp', purpose: 'clients, web pages and metrics of Matrix' },
      { name: 'federation', port: 8449, protocol: 'tcp', purpose: 'the check of OpenID tokens' },
    ],
    sites: sitesOf(deployment.input.domain),
  }),
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    matrix: OptionsOf<typeof service, Host, Vip>
  }
}
