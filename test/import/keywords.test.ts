import { expect, it } from 'vitest'
import { KEYWORDS } from '../../src/dsl/keyword-table.ts'
import { keywordTable } from '../../src/import/keywords.ts'

it('writes keywords by name with what they can stand in, and drops what stands in nothing', () => {
  const table = keywordTable({
    when: { applies_to: ['Handler', 'Task', 'Block', 'Role'] },
    accelerate: { applies_to: [] },
    hosts: { applies_to: ['Play'] },
  })
  expect(table).toContain("{\n  hosts: ['play'],\n  when: ['role', 'block', 'task', 'handler'],\n}")
})

it('has imported the keywords of Ansible', () => {
  expect(KEYWORDS.rescue).toEqual(['block'])
  expect(Object.keys(KEYWORDS).length).toBeGreaterThan(50)
})
