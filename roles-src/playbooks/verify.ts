import { definePlaybook, play } from '#dsl'
import verify from '../verify/role.ts'

export default definePlaybook({
  name: 'verify',
  summary: 'Ask what clients ask, from where they are, and print each question with its answer.',
  plays: [play({ name: 'Ask what clients ask', hosts: 'verify', become: true, roles: [verify] })],
})
