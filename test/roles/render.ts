import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../project/project.ts'

/** Templates of a role as the real Ansible renders them for each of these sets of variables, in one run. */
export function renderTemplate(
  role: string,
  template: string,
  cases: readonly Readonly<Record<string, unknown>>[],
): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-test-'))
  try {
    const generated = join(root, 'generated/roles', role)
    const play = [
      {
        name: 'Render',
        hosts: 'localhost',
        connection: 'local',
        gather_facts: false,
        vars: { ansible_python_interpreter: '{{ ansible_playbook_python }}' },
        vars_files: [join(generated, 'defaults/main.yml'), join(folder, 'cases.json')],
        tasks: [
          {
            name: 'Render each',
            'ansible.builtin.copy': {
              content:
                "{{ lookup('ansible.builtin.template', source, template_vars=dict(values, ansible_managed='Ansible managed')) }}",
              dest: `${folder}/{{ number }}`,
              mode: '0600',
            },
            vars: { source: join(generated, 'templates', template), values: '{{ cases[number] }}' },
            loop: '{{ range(cases | length) | list }}',
            loop_control: { loop_var: 'number' },
          },
        ],
      },
    ]
    // JSON is YAML to Ansible, and no case holds Jinja.
    writeFileSync(join(folder, 'play.yml'), JSON.stringify(play))
    writeFileSync(join(folder, 'cases.json'), JSON.stringify({ cases }))
    const run = spawnSync(
      join(root, '.venv/bin/ansible-playbook'),
      ['-i', 'localhost,', join(folder, 'play.yml')],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', ANSIBLE_HOME: folder } },
    )
    if (run.status !== 0) throw new Error(`${run.error?.message ?? ''}${run.stdout}${run.stderr}`)
    return cases.map((_, number) => readFileSync(join(folder, String(number)), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
