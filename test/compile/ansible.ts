import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VENV = new URL('../../.venv/bin/ansible-playbook', import.meta.url).pathname

/** A value of a variable, with all that a role checks it by. */
export interface Trial {
  readonly variable: string
  /** Absent where the variable is not set at all. */
  readonly value?: unknown
  /** The entry of `meta/argument_specs.yml`. */
  readonly argumentSpec: Readonly<Record<string, unknown>>
  readonly that: readonly string[]
}

/** What Ansible says of it: refused by the argument spec, by an assert (then with the condition), or by neither. */
export interface Verdict {
  readonly spec: boolean
  readonly assertion: boolean
  /** Why an assert failed otherwise than by saying no: a condition that Ansible cannot evaluate. */
  readonly broken?: string
}

interface Result {
  readonly failed?: boolean
  readonly assertion?: unknown
  readonly msg?: unknown
}

/** Tries values in one run of the real Ansible. Throws where there is none. */
export function askAnsible(trials: readonly Trial[]): readonly Verdict[] {
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-test-'))
  try {
    const tasks = trials.flatMap(({ variable, value, argumentSpec, that }, i) => {
      const vars = value === undefined ? {} : { [variable]: value }
      return [
        {
          name: `${i} spec`,
          'ansible.builtin.validate_argument_spec': {
            argument_spec: { [variable]: argumentSpec },
            provided_arguments: vars,
          },
          ignore_errors: true,
        },
        {
          name: `${i} assert`,
          'ansible.builtin.assert': { that: ['true', ...that] },
          vars,
          ignore_errors: true,
        },
      ]
    })
    const play = [{ name: 'Trials', hosts: 'localhost', connection: 'local', gather_facts: false, tasks }]
    // JSON is YAML to Ansible, save for what a string might say in Jinja, and no trial's value does.
    writeFileSync(join(folder, 'play.yml'), JSON.stringify(play))
    const playbook = existsSync(VENV) ? VENV : 'ansible-playbook'
    const run = spawnSync(playbook, ['-i', 'localhost,', join(folder, 'play.yml')], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json', ANSIBLE_HOME: folder },
    })
    const start = run.stdout?.indexOf('{') ?? -1
    if (run.error || start < 0)
      throw new Error(
        `${playbook} is needed to try conditions on; run tools/setup.sh. ${run.error?.message ?? run.stderr}`,
      )
    // The format of the callback.
    const { plays } = JSON.parse(run.stdout.slice(start)) as {
      plays: { tasks: { task: { name: string }; hosts: { localhost: Result } }[] }[]
    }
    const results = new Map(plays[0]?.tasks.map(({ task, hosts }) => [task.name, hosts.localhost]))
    return trials.map((_, i) => verdictOf(results.get(`${i} spec`), results.get(`${i} assert`)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function verdictOf(spec: Result | undefined, assert: Result | undefined): Verdict {
  if (!spec || !assert) throw new Error('Ansible stopped before the last trial.')
  const said = assert.assertion !== undefined
  return {
    spec: spec.failed === true,
    assertion: assert.failed === true && said,
    ...(assert.failed === true && !said ? { broken: String(assert.msg) } : {}),
  }
}
