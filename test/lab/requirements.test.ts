import { expect, test } from 'vitest'
import { unmet } from '../../src/lab/requirements.ts'

const everything = new Set(
  'systemd-nspawn mmdebstrap ip nsenter unshare setpriv mount losetup sysctl ssh ssh-keygen openssl python3 apt-config'.split(
    ' ',
  ),
)

test('a machine that has everything is fine', () => {
  expect(unmet({ root: true, programs: everything, cgroup2: true, overlay: true })).toBeUndefined()
})

test('all that is missing is told at once, with the command that brings it', () => {
  const programs = new Set(
    [...everything].filter((name) => !['systemd-nspawn', 'mmdebstrap', 'nsenter'].includes(name)),
  )
  expect(unmet({ root: false, programs, cgroup2: true, overlay: true })).toMatchInlineSnapshot(`
    {
      "hint": "run it as root; apt-get install --no-install-recommends mmdebstrap systemd-container util-linux",
      "message": "the lab cannot run here: it is not run as root; systemd-nspawn, mmdebstrap, nsenter are missing",
    }
  `)
})
