import { definePlaybook, play } from '#dsl'
import firewall from '../firewall/role.ts'
import lockdown from '../lockdown/role.ts'

export default definePlaybook({
  name: 'lockdown',
  summary: 'Cut the internet: close the way out of every host, and prove that all goes on without it.',
  plays: [
    play({
      name: 'Close the way out',
      hosts: 'firewall',
      become: true,
      roles: [{ role: firewall, vars: { firewall_egress: 'closed' } }],
    }),
    // One host after another, so that clusters keep their quorum while everything restarts.
    play({
      name: 'Prove that nothing needs it',
      hosts: 'lockdown',
      become: true,
      serial: 1,
      roles: [lockdown],
    }),
  ],
})
