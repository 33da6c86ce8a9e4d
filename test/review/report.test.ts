import { expect, it } from 'vitest'
import { asMarkdown } from '../../src/review/report.ts'
import type { Review } from '../../src/review/review.ts'

const nothing: Review = {
  deployment: 'lab',
  roles: [],
  broken: [],
  plan: {
    hosts: { added: [], removed: [] },
    services: { added: [], removed: [] },
    secrets: { added: [], removed: [], renamed: [] },
    flows: { opened: [], closed: [] },
    sizes: [],
    documents: [],
  },
  files: [],
  actions: { tasks: [], units: [], roles: [], hosts: [] },
  risk: { level: 'none', because: 'no host changes' },
  command: '',
}

it('says in a line that nothing changes', () => {
  expect(asMarkdown(nothing)).toBe(
    '## rolewright: what changes in lab\n\n**Risk: none, since no host changes.**\n',
  )
})

it('folds a diff, and lets no text end its block', () => {
  const markdown = asMarkdown({
    ...nothing,
    files: [
      {
        path: '/etc/motd',
        what: 'changed',
        hosts: ['web1', 'web2'],
        role: 'base',
        task: 'Write it',
        notify: [],
        patch: '-```\n+````\n',
      },
    ],
    actions: {
      ...nothing.actions,
      units: ['web1', 'web2'].map((host) => ({
        host,
        role: 'web',
        unit: 'web',
        what: 'restarted' as const,
        notices: 'nothing',
        felt: false,
      })),
    },
    risk: { level: 'medium', because: 'of this' },
    command: 'ansible-playbook site.yml',
  })
  expect(markdown).toBe(`## rolewright: what changes in lab

**Risk: medium, since of this.**

### Files of hosts

<details>
<summary>/etc/motd changed on web1, web2</summary>

\`\`\`\`\`diff
-\`\`\`
+\`\`\`\`
\`\`\`\`\`

</details>

### Services, in this order

- web is restarted on web1, web2; people notice: nothing

\`\`\`sh
ansible-playbook site.yml
\`\`\`
`)
})
