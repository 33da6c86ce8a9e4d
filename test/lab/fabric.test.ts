import { expect, test } from 'vitest'
import {
  deviceName,
  fabricCommands,
  hardwareAddress,
  hostPort,
  labNetworks,
  plugCommands,
} from '../../src/lab/fabric.ts'
import { small } from './small.ts'

test('the fabric is a bridge with the gateway per network, also for those outside', () => {
  expect(fabricCommands(small)).toMatchInlineSnapshot(`
    [
      "link set lo up",
      "link add net-management address 02:20:35:83:df:fc type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      "address add 10.0.0.1/24 dev net-management",
      "link set net-management up",
      "link add net-database address 02:26:2c:4a:b3:d5 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      "address add 10.0.3.1/24 dev net-database",
      "link set net-database up",
      "link add net-client address 02:08:d2:6a:ca:fa type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      "address add 10.10.0.1/24 dev net-client",
      "link set net-client up",
      "link add net-outside address 02:4e:16:8e:2b:75 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      "address add 198.51.100.1/24 dev net-outside",
      "link set net-outside up",
    ]
  `)
})

test('a host outside of every network gets a network of its own', () => {
  expect(labNetworks(small).at(-1)).toEqual({ name: 'client', cidr: '10.10.0.0/24', gateway: '10.10.0.1' })
  expect(labNetworks({ ...small, client: '10.0.3.99' })).toEqual(small.networks)
})

test('a host is plugged into its bridge as eth0', () => {
  const network = small.networks[1]!
  const plug = { name: 'h-db1', address: '10.0.3.11', network, namespace: '/labs/small/net/host-db1' }
  expect(plugCommands('small', plug)).toMatchInlineSnapshot(`
    {
      "fabric": [
        "link add to-h-db1 mtu 1500 type veth peer name eth0 mtu 1500 address 02:66:98:89:9d:fc netns /labs/small/net/host-db1",
        "link set to-h-db1 master net-database",
        "link set to-h-db1 up",
      ],
      "own": [
        "link set lo up",
        "address add 10.0.3.11/24 brd + dev eth0",
        "link set eth0 up",
        "route add default via 10.0.3.1",
      ],
    }
  `)
})

test('device names fit, stay apart and stay the same', () => {
  expect(hostPort('db1')).toBe('to-h-db1')
  const long = ['application-server-1', 'application-server-2'].map((name) => deviceName('to', name))
  expect(new Set(long).size).toBe(2)
  for (const name of long) expect(name.length).toBeLessThanOrEqual(15)
  expect(hardwareAddress('db1')).toBe(hardwareAddress('db1'))
  expect(hardwareAddress('db1')).toMatch(/^02(:[0-9a-f]{2}){5}$/)
})
