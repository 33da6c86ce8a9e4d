import { z } from 'zod'
import {
  artifact,
  DeploymentError,
  defineService,
  hostName,
  type OptionsOf,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import { API_KEY, API_ROUTE, controlName, WEBHOOK_ROUTE } from '../livekit/names.ts'
import { ports } from './ports.ts'
import role from './role.ts'

const REDIS_PASSWORD = 'redis_livekit_jwt_password'

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Hosts that hand out tokens.'),
  homeservers: z
    .array(z.string())
    .optional()
    .describe("Names of the Matrix servers whose users may make rooms; the deployment's domain unless told."),
  keepState: z
    .boolean()
    .default(false)
    .describe('Whether Redis keeps what the service still has to do, so that a restart loses nothing.'),
})

/** Where the state is kept. Throws where it shall be and there is no Redis. */
function redisValues(keepState: boolean, topology: Topology) {
  if (!keepState) return {}
  const redis = topology.service('redis')
  const [host] = redis?.hosts ?? []
  const port = redis?.endpoints.find(({ name }) => name === 'redis')?.port
  if (!host || port === undefined)
    throw new DeploymentError(
      ['services', 'livekit_jwt', 'keepState'],
      'services.livekit_jwt.keepState needs the service "redis", which this deployment lacks.',
    )
  return {
    redis: {
      address: `${host.address}:${port}`,
      username: 'livekit_jwt',
      password: secretRef(REDIS_PASSWORD),
    },
  }
}

const service = defineService({
  name: 'livekit_jwt',
  summary: 'Tokens for calls, for users of Matrix.',
  options,

  declare: ({ hosts, keepState }, { deployment }) => {
    const names = [controlName(deployment.input.domain)]
    return {
      hosts,
      endpoints: [{ name: 'http', port: ports.http, protocol: 'tcp', purpose: 'tokens for calls' }],
      sites: [
        {
          name: 'livekit_jwt',
          endpoint: 'http',
          purpose: 'tokens for calls',
          // What has to be done when somebody leaves is in the memory of the one that promised it.
          balance: 'first',
          check: { kind: 'http', endpoint: 'http', method: 'GET', path: '/healthz', tls: false },
          routes: [
            {
              name: 'livekit_jwt',
              hosts: names,
              exact: ['/get_token', '/sfu/get', '/delegate_delayed_leave', '/healthz'],
            },
            { name: WEBHOOK_ROUTE, hosts: names, exact: ['/sfu_webhook'], from: [] },
          ],
        },
      ],
      needs: [
        { from: hosts, to: { route: API_ROUTE }, purpose: 'rooms and who is in them' },
        ...(deployment.input.services.matrix
          ? [{ from: hosts, to: { route: 'matrix_openid' }, purpose: "whose a user's token is" }]
          : []),
        ...(keepState
          ? [
              {
                from: hosts,
                to: { service: 'redis', endpoint: 'redis' },
                purpose: 'what is still to be done',
              },
            ]
          : []),
      ],
      accounts: keepState
        ? [
            {
              of: 'redis',
              name: 'livekit_jwt',
              password: secretRef(REDIS_PASSWORD),
              from: hosts,
              rights: ['~*', '&*', '+@all', '-@admin', '-@dangerous'],
            },
          ]
        : [],
      units: ['lk-jwt-service'],
    }
  },

  variables: ({ hosts, homeservers, keepState }, topology) => {
    const { domain } = topology.deployment.input
    const program = artifact(topology, 'lk_jwt_service')
    return [
      roleValues(role, hosts, ({ address }) => ({
        program_url: program.url,
        program_sha256: program.sha256,
        address,
        port: ports.http,
        livekit_url: `wss://${controlName(domain)}`,
        livekit_key: API_KEY.name,
        livekit_secret: secretRef(API_KEY.secret),
        full_access_homeservers: homeservers ?? [domain],
        client_api_overrides: [{ server: domain, url: `https://matrix.${domain}` }],
        ...redisValues(keepState, topology),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    livekit_jwt: OptionsOf<typeof service, Host, Vip>
  }
}
