import { z } from 'zod'
import {
  artifact,
  defineService,
  hostName,
  type OptionsOf,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import { API_KEY, API_ROUTE, controlName, WEB_LISTENER, WEBHOOK_ROUTE } from '../livekit/names.ts'
import { ports } from './ports.ts'
import role from './role.ts'
import { rules } from './rules.ts'
import { keeps } from './state.ts'

const REDIS_PASSWORD = 'redis_livekit_jwt_password'

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Hosts that hand out tokens.'),
  homeservers: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z0-9.:[\]-]+$/,
          'is no name of a Matrix server; * would let users of every one make rooms',
        ),
    )
    .min(1, "names no server, so that nobody could begin a call; leave it out for the deployment's own")
    .optional()
    .describe("Names of the Matrix servers whose users may make rooms; the deployment's domain unless told."),
  keepState: z
    .boolean()
    .optional()
    .describe(
      'Whether Redis keeps what the service still has to do, so that a restart loses nothing; where the nodes of LiveKit share one anyway, unless told.',
    ),
})
export type Options = z.output<typeof options>

/** Where the state is kept; that there is a Redis for it is a rule. */
function redisValues(given: z.output<typeof options>, topology: Topology) {
  if (!keeps(given, topology.deployment)) return {}
  const redis = topology.service('redis')
  const [host] = redis?.hosts ?? []
  const port = redis?.endpoints.find(({ name }) => name === 'redis')?.port
  if (!host || port === undefined) return {}
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
  rules,

  declare: (given, { deployment }) => {
    const { hosts } = given
    const keepState = keeps(given, deployment)
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
      advertised: names.map((name) => ({
        name,
        leads: { listener: WEB_LISTENER },
        purpose: 'tokens for calls',
      })),
      units: ['lk-jwt-service'],
      interruptions: [{ unit: 'lk-jwt-service', restart: 'nobody can join a call for a second' }],
    }
  },

  variables: (given, topology) => {
    const { hosts, homeservers } = given
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
        ...redisValues(given, topology),
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
