import { definePlaybook, lookup, named, play } from '#dsl'
import { assert } from '#modules/builtin'
import verify from '../verify/role.ts'
import verifyCalls from '../verify_calls/role.ts'

/** What the first play kept. */
const wrong = lookup<string[]>('ansible.builtin.vars', 'verify_calls_wrong', named({ default: [] }))

export default definePlaybook({
  name: 'verify',
  summary: 'Ask what clients ask, from where they are, and print each question with its answer.',
  plays: [
    // A machine whose answers are wrong takes no part in later plays: what is wrong with calls is therefore said last.
    play({
      name: 'Make calls as clients do',
      hosts: 'verify_calls',
      become: true,
      roles: [{ role: verifyCalls, vars: { verify_calls_fail_later: true } }],
    }),
    play({ name: 'Ask what clients ask', hosts: 'verify', become: true, roles: [verify] }),
    play({
      name: 'Say what is wrong with calls',
      hosts: 'verify_calls',
      tasks: [
        assert('Say what is wrong with calls', {
          that: [wrong.pipe('length').eq(0)],
          fail_msg: wrong.pipe('join'),
          quiet: true,
        }),
      ],
    }),
  ],
})
