import { expect, it } from 'vitest'
import { variant } from '../roles/variants.ts'

const names = (...transferTo: string[]) => ({ services: { names: { serial: 1, transferTo } } })

it('takes addresses for whoever may copy the zone, and no names', async () => {
  expect((await variant(names('ns.example.net'))).findings).toEqual([
    'services.names.transferTo.0: "ns.example.net" is no IPv4 address or network, such as 192.0.2.53.',
  ])
})

it('opens port 53 to hosts of the deployment that may copy the zone, and to no others', async () => {
  const asking = async (...transferTo: string[]) => {
    const { project } = await variant(names(...transferTo))
    expect(project.findings).toEqual([])
    const flows = project.deployments.get('variant')?.topology.flows ?? []
    return flows.filter(({ service }) => service === 'names').map(({ fromNames }) => fromNames.join(' '))
  }
  const outside = 'clients admins controller'
  expect(await asking('10.10.0.53')).toEqual([outside, outside])
  expect(await asking('10.0.5.30/32')).toEqual([`redis ${outside}`, `redis ${outside}`])
})
