import { defineServiceRule, type ServiceRule } from '#topology'
import type { Options } from './service.ts'
import { keeps } from './state.ts'

const at = (...keys: readonly (string | number)[]) => ['services', 'livekit_jwt', ...keys]

const ownUsers = defineServiceRule<Options>({
  code: 'RTC-008',
  severity: 'error',
  demand: 'Users of the own Matrix may make rooms for calls.',
  reason:
    'LiveKit makes no room for whoever comes: the service that hands out tokens does, for users of the servers that it is told. Of any other one they can join a call and never begin one.',
  evidence:
    'lk-jwt-service, README: LIVEKIT_FULL_ACCESS_HOMESERVERS, to be used with room.auto_create: false, as the role livekit writes it.',
  wayOut: "Leave homeservers out, or name the deployment's domain among them.",
  check: ({ homeservers }, { deployment }) => {
    const { domain } = deployment.input
    return homeservers === undefined || homeservers.includes(domain)
      ? []
      : [
          {
            message: `Users of ${homeservers.join(', ')} may make rooms for calls, and those of ${domain} may not.`,
            subject: 'livekit_jwt',
            at: at('homeservers'),
          },
        ]
  },
})

const noStrangers = defineServiceRule<Options>({
  code: 'RTC-009',
  severity: 'warning',
  demand: "Users of no other Matrix than the deployment's own may make rooms for calls.",
  reason:
    'Federation is off, so that nobody of another server is in a room here: whoever makes calls from there uses the own network for meetings of strangers.',
  evidence:
    'lk-jwt-service, README: a homeserver with full access makes rooms; `*` alone stands for every one there is, which the option refuses.',
  wayOut: 'Leave homeservers out.',
  check: ({ homeservers = [] }, { deployment }) => {
    const { domain } = deployment.input
    return homeservers.flatMap((name, index) =>
      name === domain
        ? []
        : [
            {
              message: `Users of ${name} may make rooms for calls.`,
              subject: name,
              at: at('homeservers', index),
            },
          ],
    )
  },
})

const stateIsKept = defineServiceRule<Options>({
  code: 'RTC-010',
  severity: 'error',
  demand: 'What the service for tokens shall keep is kept in a Redis that there is.',
  reason:
    'It keeps nothing on its own disk: what is still to be done, such as to say that somebody left, has no other place.',
  evidence: 'lk-jwt-service, README: LIVEKIT_REDIS_URL.',
  wayOut: 'Declare services.redis, or leave keepState out.',
  check: ({ keepState }, topology) =>
    !keepState || topology.service('redis')
      ? []
      : [
          {
            message: 'services.livekit_jwt.keepState needs the service "redis", which this deployment lacks.',
            subject: 'livekit_jwt',
            at: at('keepState'),
          },
        ],
})

const stateIsShared = defineServiceRule<Options>({
  code: 'RTC-011',
  severity: 'warning',
  demand: 'Several services for tokens share what they still have to do.',
  reason:
    'Each promises Matrix to say when a device is gone from a call. When its host is lost another one hands out tokens, and knows nothing of what was promised: the device stays in the call for all others.',
  evidence: 'lk-jwt-service, /delegate_delayed_leave: jobs are in memory unless LIVEKIT_REDIS_URL is set.',
  wayOut: 'Set keepState, which needs services.redis.',
  check: (options, { deployment }) =>
    options.hosts.length === 1 || keeps(options, deployment)
      ? []
      : [
          {
            message: `${options.hosts.length} hosts hand out tokens for calls, and each keeps to itself what it has promised.`,
            subject: 'livekit_jwt',
            at: at('hosts'),
          },
        ],
})

const callsTakePlace = defineServiceRule<Options>({
  code: 'RTC-012',
  severity: 'error',
  demand: 'Tokens for calls are handed out where there is a LiveKit that takes them.',
  reason:
    'Clients are told to make calls as soon as somebody hands out tokens: every call would end at a server that is not there.',
  evidence: 'roles-src/matrix tells clients of calls where the deployment has the service livekit_jwt.',
  wayOut: 'Declare services.livekit, or leave services.livekit_jwt out.',
  check: (_options, topology) =>
    topology.service('livekit')
      ? []
      : [
          {
            message: 'There are tokens for calls, and no LiveKit.',
            subject: 'livekit_jwt',
            at: ['services', 'livekit'],
          },
        ],
})

/** What the service for tokens must keep. */
export const rules: readonly ServiceRule<Options>[] = [
  ownUsers,
  noStrangers,
  stateIsKept,
  stateIsShared,
  callsTakePlace,
]
