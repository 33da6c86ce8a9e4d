import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkAgainstMdad } from '../../src/cli/check-mdad.ts'
import { readCheckout } from '../../src/matrix/checkout.ts'
import { root, temporaryFolder } from '../project/project.ts'

const fixture = join(root, 'test/fixtures/mdad')
const folders: { readonly dispose: () => void }[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const folder of folders.splice(0)) folder.dispose()
})

/** What `rolewright check --mdad` prints in the fixture's project, and its exit code. */
async function check(checkout: string): Promise<{ readonly code: number; readonly text: string }> {
  vi.spyOn(process, 'cwd').mockReturnValue(join(fixture, 'project'))
  const printed: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  const code = await checkAgainstMdad(checkout, 'text')
  return { code, text: printed.join('') }
}

/** A copy of the checkout to change. */
function copyOfCheckout(): string {
  const folder = temporaryFolder()
  folders.push(folder)
  cpSync(join(fixture, 'checkout'), folder.path, { recursive: true })
  return folder.path
}

describe('check --mdad', () => {
  it('says at the line of the source what MDAD renamed, fixed, wants confirmed or does not know', async () => {
    const { code, text } = await check(join(fixture, 'checkout'))
    await expect(text).toMatchFileSnapshot(join(fixture, 'expected.txt'))
    expect(code).toBe(1)
    for (const finding of [
      'mdad-renamed-variable',
      'mdad-unknown-variable',
      'mdad-fixed-variable',
      'mdad-migration',
      'mdad-roles-missing',
    ])
      expect(text).toContain(finding)
  })

  it('looks into the roles that were fetched', async () => {
    const checkout = copyOfCheckout()
    const defaults = join(checkout, 'roles/galaxy/windmill/defaults')
    mkdirSync(defaults, { recursive: true })
    cpSync(join(fixture, 'windmill.yml'), join(defaults, 'main.yml'))
    const { text } = await check(checkout)
    expect(text).not.toContain('mdad-roles-missing')
    expect(text).toMatch(/^21 variables for MDAD, 21 of them looked up[.]$/m)
    // The wiring speaks of it, but no role that is there has it.
    expect(text).toContain('MDAD has no variable village_bell.')
    expect(text).toContain('MDAD has no variable windmill_sails.\n  Did you mean windmill_sail?')
  })

  it('refuses a folder that is no checkout', async () => {
    const checkout = copyOfCheckout()
    rmSync(join(checkout, 'group_vars'), { recursive: true })
    await expect(check(checkout)).rejects.toThrow(/is no checkout of matrix-docker-ansible-deploy/)
  })
})

describe('a checkout', () => {
  const checkout = readCheckout(join(fixture, 'checkout'))

  it('knows the variables at the top of defaults and of its wiring, and no others', () => {
    expect([...checkout.known].sort()).toEqual([
      'bakery_domain',
      'bakery_enabled',
      'bakery_mill_enabled',
      'bakery_oven_temperature',
      'bakery_recipe',
      'matrix_playbook_migration_expected_version',
      'matrix_playbook_migration_validated_version',
      'village_domain',
    ])
  })

  it('knows what an inventory cannot set, and which roles it lacks', () => {
    expect([...checkout.fixed]).toEqual([['bakery_url', 'roles/custom/bakery/vars/main.yml']])
    expect(checkout.missingRoles).toEqual([
      { name: 'windmill', prefixes: ['windmill_', 'devture_windmill_', 'mill_', 'devture_mill_', 'sails_'] },
    ])
    expect(checkout.migration).toBe('v2')
  })

  it('knows the successors of what it renamed, by list and by pattern', () => {
    const successor = (name: string) =>
      checkout.removed.find(({ pattern }) => pattern.test(name))?.successor(name) ?? 'none'
    expect(successor('bakery_oven_heat')).toBe('bakery_oven_temperature')
    expect(successor('bakery_horse')).toBe('<removed: deliveries are made by bicycle>')
    expect(successor('baker_name')).toBe('bakery_name')
    // By a pattern whose matches a fact holds.
    expect(successor('ferry_toll')).toBe('bridge_toll')
    expect(successor('watermill_wheel')).toBe('windmill_wheel')
    expect(successor('smithy_anvil')).toBe('none')
  })
})
