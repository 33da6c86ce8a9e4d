import type { Backend, Endpoint, HealthCheck, PlacedService } from '#topology'

/** Whether there is such an endpoint was checked with the topology. */
function endpointOf(service: PlacedService, endpoint: string): Endpoint {
  const found = service.endpoints.find(({ name }) => name === endpoint)
  if (!found) throw new Error(`The service ${service.name} has no endpoint ${endpoint}.`)
  return found
}

export const portOf = (service: PlacedService, endpoint: string): number => endpointOf(service, endpoint).port

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
  const { port, hosts } = endpointOf(service, backend.endpoint)
  const answering = service.hosts.filter(({ name }) => hosts?.includes(name) ?? true)
  return {
    name: backend.name,
    purpose: backend.purpose,
    balance: backend.balance,
    check: checkValues(check),
    ...(backend.maxConnections === undefined ? {} : { max_connections: backend.maxConnections }),
    ...(backend.idleTimeout === undefined ? {} : { idle_timeout: backend.idleTimeout }),
    servers: answering.map((host, index) => ({
      name: host.name,
      address: host.address,
      port,
      ...(check.kind === 'http' ? { check_port: portOf(service, check.endpoint) } : {}),
      // One target at a time: should two servers ever pass the check, all traffic stays with one of them.
      backup: (backend.balance === 'first' && index > 0) || service.standbys.includes(host.name),
      ...(backend.serverTls ? { tls_name: host.fqdn } : {}),
    })),
  }
}
