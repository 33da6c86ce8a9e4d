import { defineServiceRule } from '#topology'

/** Services that are missed only when something goes wrong, and what happens then. */
const NEEDED: readonly {
  readonly name: 'time' | 'prometheus'
  readonly missed: string
  readonly hint: string
}[] = [
  {
    name: 'time',
    missed:
      'Nothing keeps one time on all hosts: without the service time, clocks drift apart until certificates, signed requests and logs contradict each other.',
    hint: "Place it on two hosts: time: { sources: ['…', '…'] }; else waive this, and say what sets the clocks.",
  },
  {
    name: 'prometheus',
    missed:
      'Nothing watches the hosts: without the service prometheus, nobody hears of a full disk, a lost member or a certificate that ends.',
    hint: "Place it: prometheus: { host: '…' }; else waive this, and say who watches.",
  },
]

export const nothingForgotten = defineServiceRule({
  code: 'OPS-009',
  severity: 'warning',
  demand: 'A deployment has a common time and monitoring.',
  reason:
    'Nothing fails on the day on which they are left out: they are missed when clocks have drifted apart, or when the second disk of two has failed.',
  evidence:
    "MinIO's source (cmd/globals.go): a signed request that is 15 minutes off is refused. RFC 5280, section 4.1.2.5: a certificate is valid between two times.",
  wayOut: 'Place the service; else waive this for it, and say what does its work.',
  check: (_options, { deployment }) => {
    const placed = new Set(Object.keys(deployment.input.services))
    placed.delete('base')
    // Where nothing was placed yet, nothing was forgotten.
    return placed.size === 0
      ? []
      : NEEDED.filter(({ name }) => !placed.has(name)).map(({ name, missed, hint }) => ({
          message: missed,
          subject: name,
          at: ['services', name],
          hint,
        }))
  },
})
