import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'

const program = join(root, 'roles-src/firewall/files/firewall')
const table = (port: number) =>
  `table inet firewall\ndelete table inet firewall\ntable inet firewall {\n  chain input {\n    type filter hook input priority filter; policy drop;\n    tcp dport ${port} accept\n  }\n}\n`

/** The program that tries rules, in a network namespace of its own, with a systemd that only notes what it is told. */
describe('trying rules', needs('root', 'nft', 'unshare', 'mount'), () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolewright-test-'))
    mkdirSync(join(folder, 'wanted'))
    writeFileSync(join(folder, 'wanted/rules.nft'), table(22))
    for (const name of ['systemctl', 'systemd-run', 'logger']) {
      writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>${folder}/told\n`)
      chmodSync(join(folder, name), 0o755)
    }
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs lines of shell; `firewall` prints the exit status of what it did. */
  const shell = (...lines: readonly string[]) => {
    const fakes = ['systemctl', 'systemd-run', 'logger'].map(
      (name) => `mount --bind ${folder}/${name} $(readlink -f /usr/bin/${name})`,
    )
    const text = [
      'set -u',
      ...fakes,
      `export FIREWALL_FOLDER=${folder}`,
      `firewall() { ${program} "$@" 2>/dev/null; echo "$1 $?"; }`,
      'want() { sed -i "s/dport [0-9]*/dport $1/" $FIREWALL_FOLDER/wanted/rules.nft; }',
      'ports() { nft list table inet firewall 2>/dev/null | grep -o "dport [0-9]*" || echo none; }',
      ...lines,
    ]
    const run = spawnSync('unshare', ['--net', '--mount', 'sh', '-c', text.join('\n')], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    return run.stdout.trim().split('\n')
  }

  it('keeps rules that were confirmed, and then finds nothing to do', () => {
    expect(
      shell('firewall check', 'firewall apply 60', 'firewall check', 'firewall confirm', 'firewall check'),
    ).toEqual(['check 1', 'apply 0', 'check 1', 'confirm 0', 'check 0'])
  })
  it('arms a timer before it loads anything, and disarms it when rules are confirmed', () => {
    const said = shell('firewall apply 45', 'firewall confirm', `cat ${folder}/told`).filter((line) =>
      /systemd-run|stop/.test(line),
    )
    expect(said.map((line) => line.replace(/ \/\S+\/firewall /, ' firewall '))).toEqual([
      'systemctl stop firewall-rollback.timer',
      'systemd-run --quiet --collect --unit=firewall-rollback --on-active=45 --timer-property=AccuracySec=1s firewall rollback',
      'systemctl stop firewall-rollback.timer',
    ])
  })
  it('goes back to the rules that were confirmed, and refuses to confirm what was undone', () => {
    expect(
      shell(
        'firewall apply 60',
        'firewall confirm',
        'want 2222',
        'firewall apply 60',
        'ports',
        'firewall rollback',
        'ports',
        'firewall confirm',
        'firewall check',
      ),
    ).toEqual([
      'apply 0',
      'confirm 0',
      'apply 0',
      'dport 2222',
      'rollback 0',
      'dport 22',
      'confirm 1',
      'check 1',
    ])
  })
  it('opens the host again where nothing was ever confirmed', () => {
    expect(shell('firewall apply 60', 'firewall rollback', 'ports')).toEqual([
      'apply 0',
      'rollback 0',
      'none',
    ])
  })
  it('loads confirmed rules at boot, whatever is wanted since', () => {
    expect(
      shell(
        'firewall apply 60',
        'firewall confirm',
        'want 2222',
        'nft flush ruleset',
        'firewall load',
        'ports',
      ),
    ).toEqual(['apply 0', 'confirm 0', 'load 0', 'dport 22'])
  })
  it.each([
    ['a rule that was added by hand', 'nft insert rule inet firewall input accept'],
    ['a chain that was emptied', 'nft flush chain inet firewall input'],
    ['a rule set that was flushed', 'nft flush ruleset'],
    ['a policy that was changed', "nft 'add chain inet firewall input { policy accept; }'"],
  ])('finds %s', (_, damage) => {
    expect(shell('firewall apply 60', 'firewall confirm', damage, 'firewall check').at(-1)).toBe('check 1')
  })
  it('leaves the tables of others alone', () => {
    const lines = shell(
      'nft add table ip docker',
      'firewall apply 60',
      'firewall rollback',
      'nft list tables',
    )
    expect(lines).toContain('table ip docker')
  })
  it('loads nothing of a file that is wrong, and leaves the rules that were there', () => {
    const lines = shell(
      'firewall apply 60',
      'firewall confirm',
      'echo "table inet other { nonsense }" >>$FIREWALL_FOLDER/wanted/rules.nft',
      'firewall apply 60',
      'ports',
    )
    expect(lines).toEqual(['apply 0', 'confirm 0', 'apply 1', 'dport 22'])
  })
})
