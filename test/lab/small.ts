import type { LabPlan } from '../../src/lab/plan.ts'

/** A plan of two networks and two hosts. */
export const small: LabPlan = {
  deployment: 'small',
  networks: [
    { name: 'management', cidr: '10.0.0.0/24', gateway: '10.0.0.1' },
    { name: 'database', cidr: '10.0.3.0/24', gateway: '10.0.3.1' },
  ],
  hosts: [
    { name: 'db1', address: '10.0.3.11', network: 'database', release: 'trixie' },
    { name: 'db2', address: '10.0.3.12', network: 'database', release: 'bookworm' },
  ],
  controller: '10.0.0.5',
  client: '10.10.0.10',
  admin: '10.0.0.10',
}
