import { definePlaybook, play } from '#dsl'
import preflight from '../preflight/role.ts'

export default definePlaybook({
  name: 'preflight',
  summary: 'Say all that stands in the way of a deployment, and change nothing.',
  plays: [play({ name: 'Look at all hosts', hosts: 'preflight', become: true, roles: [preflight] })],
})
