import { definePlaybook, play } from '#dsl'
import tls from '../tls/role.ts'

export default definePlaybook({
  name: 'certificates',
  summary: 'Renew the certificates of all hosts that need it, and say which ends when.',
  plays: [
    play({
      name: 'Renew what is missing or ends soon',
      hosts: 'tls',
      become: true,
      roles: [{ role: tls, vars: { tls_report: true } }],
    }),
  ],
})
