import { definePlaybook, play } from '#dsl'
import firewall from '../firewall/role.ts'
import lockdown from '../lockdown/role.ts'

export default definePlaybook({
  name: 'reopen',
  summary: 'Undo lockdown.yml: open the way out of every host again, and restart nothing.',
  plays: [
    play({
      name: 'Open the way out',
      hosts: 'firewall',
      become: true,
      roles: [
        { role: firewall, vars: { firewall_egress: 'open' } },
        { role: lockdown, vars: { lockdown_closed: false } },
      ],
    }),
  ],
})
