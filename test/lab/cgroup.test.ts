import { expect, test } from 'vitest'
import { cgroupMount, legacyMount } from '../../src/lab/cgroup.ts'
import { mountsBelow } from '../../src/lab/mount.ts'

const hybrid = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
50 27 0:50 / /labs/lab/hosts/db1/root rw - overlay overlay rw
51 50 0:51 / /labs/lab/hosts/db1/root/a\\040b rw - tmpfs tmpfs rw
52 27 0:52 / /labs/lab2/net/fabric rw shared:3 - nsfs nsfs rw`
const unified = '31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate'

test('cgroup 2 is found where it is mounted', () => {
  expect(cgroupMount(hybrid)).toBe('/sys/fs/cgroup/unified')
  expect(cgroupMount(unified)).toBe('/sys/fs/cgroup')
  expect(cgroupMount('')).toBeUndefined()
})

test("systemd's own hierarchy is found where there is one", () => {
  expect(legacyMount(hybrid)).toBe('/sys/fs/cgroup/systemd')
  expect(legacyMount(unified)).toBeUndefined()
})

test('mounts of a lab come the last first, and without those of a lab whose name goes on', () => {
  expect(mountsBelow(hybrid, '/labs/lab')).toEqual([
    '/labs/lab/hosts/db1/root/a b',
    '/labs/lab/hosts/db1/root',
  ])
})
