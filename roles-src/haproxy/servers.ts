import type { Backend, HealthCheck, PlacedService } from '#topology'

export function portOf(service: PlacedService, endpoint: string): number {
  const found = service.endpoints.find(({ name }) => name === endpoint)
  if (!found)
    throw new Error(`Service ${service.name} has a proxy before its endpoint ${endpoint}, which it lacks.`)
  return found.port
}

function checkValues(check: HealthCheck) {
  const { interval, fall, rise, timeout } = check
  return {
    kind: check.kind,
    ...(check.kind === 'http'
      ? {
          method: check.method,
          path: check.path,
          ...(check.host === undefined ? {} : { host: check.host }),
          tls: check.tls,
        }
      : {}),
    ...(interval === undefined ? {} : { interval }),
    ...(fall === undefined ? {} : { fall }),
    ...(rise === undefined ? {} : { rise }),
    ...(timeout === undefined ? {} : { timeout }),
  }
}

/** What the role is told of the servers behind a port. */
export function backendValues(service: PlacedService, backend: Backend) {
  const { check } = backend
  return {
    name: backend.name,
    purpose: backend.purpose,
    balance: backend.balance,
    check: checkValues(check),
    ...(backend.maxConnections === undefined ? {} : { max_connections: backend.maxConnections }),
    ...(backend.idleTimeout === undefined ? {} : { idle_timeout: backend.idleTimeout }),
    servers: service.hosts.map((host, index) => ({
      name: host.name,
      address: host.address,
      port: portOf(service, backend.endpoint),
      ...(check.kind === 'http' ? { check_port: portOf(service, check.endpoint) } : {}),
      // One target at a time: should two servers ever pass the check, all traffic stays with one of them.
      backup: backend.balance === 'first' && index > 0,
      ...(backend.serverTls ? { tls_name: host.fqdn } : {}),
    })),
  }
}
