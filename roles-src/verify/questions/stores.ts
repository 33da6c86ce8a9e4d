import type { Machine, Topology } from '#topology'
import { storageOf, storageSecret } from '../../object_store/service.ts'
import { poolOf } from '../../pgbouncer/service.ts'
import type { Questions } from './questions.ts'

/** A bucket that is nobody's: to whoever may not write it, it is refused before anybody looks whether it is there. */
const OTHER = 'verify-not-yours'

/** The database as its clients reach it: through the pooler on its virtual IP. */
export function databaseQuestions(
  topology: Topology,
  { name }: Machine,
): NonNullable<Questions['databases']> {
  const pool = poolOf(topology)
  if (!pool || !topology.deployment.input.services.pooler?.clients?.some((client) => client === name))
    return []
  const { address: host, port, database, user, password, tls } = pool
  return [{ host, port, database, user, password, tls }]
}

/** The buckets as their users reach them: through the virtual IP of the object store. */
export function bucketQuestions(topology: Topology, { name }: Machine): NonNullable<Questions['buckets']> {
  const storage = storageOf(topology)
  if (!storage || !topology.deployment.input.services.storage?.clients?.some((client) => client === name))
    return []
  const { endpoint, region, buckets } = storage
  return buckets.map(({ name: bucket, user }) => ({
    endpoint,
    region,
    access_key: user,
    secret_key: storageSecret(user),
    bucket,
    refused: [...buckets.filter((other) => other.user !== user).map((other) => other.name), OTHER],
  }))
}

/** Redis as each of its accounts reaches it. */
export function redisQuestions(topology: Topology, { name }: Machine): NonNullable<Questions['redis']> {
  const redis = topology.service('redis')
  const port = redis?.endpoints.find((endpoint) => endpoint.name === 'redis')?.port
  const [host] = redis?.hosts ?? []
  if (!host || port === undefined) return []
  return topology.services
    .flatMap(({ accounts }) => accounts)
    .filter(({ of, from }) => of === 'redis' && from.includes(name))
    .map(({ name: user, password }) => ({ host: host.address, port, user, password }))
}
