import { z } from 'zod'
import { block, type Expr, each, j, never, register } from '#dsl'
import { mount } from '#modules/ansible.posix'
import { apt, assert, command, file } from '#modules/builtin'
import { filesystem } from '#modules/community.general'

export const driveSchema = z.object({
  path: z.string().startsWith('/').describe('Folder where the drive is mounted.'),
  label: z
    .string()
    .max(12)
    .describe('Label of its XFS file system, by which it is found whatever its device is called.'),
  device: z
    .string()
    .startsWith('/dev/')
    .optional()
    .describe('Device on which that file system is made when it is missing and the device holds nothing.'),
})
type Drive = z.output<typeof driveSchema>

interface Given {
  readonly drives: Expr<readonly Drive[]>
  /** False where the drives are folders of another file system. */
  readonly mounted: Expr<boolean>
  readonly owner: string
}

/** Tasks that find the drives by label, make what is missing on empty devices alone, and mount them. */
export function driveTasks({ drives, mounted, owner }: Given) {
  const label = (drive: Expr<Drive>) => drive.path
  const looks = never('It only looks.')
  const found = register(
    'found',
    each(drives, { as: 'drive', label }, (drive) =>
      command(
        'Look for the file systems by their labels',
        { argv: ['blkid', '-c', '/dev/null', '-t', j`LABEL=${drive.label}`, '-o', 'value', '-s', 'TYPE'] },
        { changedWhen: looks, checkMode: false, failedWhen: (result) => result.rc.notIn([0, 2]) },
      ),
    ),
  )
  // Each result carries the drive that it was asked for.
  const results = found.results
  const there = register(
    'held',
    each(results, { as: 'asked', label: (result) => result.drive.path }, (result) =>
      command(
        'Ask what the devices of missing file systems hold',
        { argv: ['wipefs', '--no-act', '--noheadings', result.drive.device] },
        {
          comment:
            'Signatures of file systems, of partition tables, of RAID and LVM members: anything at all.',
          when: [result.rc.ne(0), result.drive.device.isDefined()],
          changedWhen: looks,
          checkMode: false,
        },
      ),
    ),
  )
  return [
    block(
      'Mount the drives',
      [
        apt('Install what makes XFS', { name: ['xfsprogs'], state: 'present' }),
        found,
        each(results, { as: 'asked', label: (result) => result.drive.path }, (result) =>
          assert(
            'Refuse a drive that is not XFS',
            {
              that: [result.stdout.in(['', 'xfs'])],
              fail_msg: j`The file system with the label ${result.drive.label} is ${result.stdout}, not XFS.`,
              quiet: true,
            },
            {},
          ),
        ),
        each(results, { as: 'asked', label: (result) => result.drive.path }, (result) =>
          assert(
            'Refuse a drive that is not there',
            {
              that: [result.rc.eq(0).or(result.drive.device.isDefined())],
              fail_msg: j`No file system has the label ${result.drive.label}. Make it on an empty disk with mkfs.xfs -L ${result.drive.label}, or name its device.`,
              quiet: true,
            },
            {},
          ),
        ),
        there,
        each(there.results, { as: 'looked', label: (result) => result.asked.drive.path }, (result) =>
          assert(
            'Refuse to format a device that holds anything',
            {
              that: [result.stdout.defaultTo('').eq('')],
              fail_msg: j`${result.asked.drive.device} is not empty, and nothing here ever wipes a disk: ${result.stdout}`,
              quiet: true,
            },
            {},
          ),
        ),
        each(results, { as: 'asked', label: (result) => result.drive.path }, (result) =>
          filesystem(
            'Make the file systems on empty devices',
            { dev: result.drive.device, fstype: 'xfs', opts: j`-L ${result.drive.label}`, force: false },
            { when: [result.rc.ne(0), result.drive.device.isDefined()] },
          ),
        ),
        each(drives, { as: 'drive', label }, (drive) =>
          mount(
            'Mount the file systems',
            {
              path: drive.path,
              src: j`LABEL=${drive.label}`,
              fstype: 'xfs',
              opts: 'defaults,noatime,inode64,nofail',
              state: 'mounted',
            },
            {
              comment:
                'A host starts without a broken drive: the server knows that it is missing and goes on with the others.',
            },
          ),
        ),
      ],
      { when: mounted },
    ),
    each(drives, { as: 'drive', label }, (drive) =>
      file('Give the drives to the account of the server', {
        path: drive.path,
        state: 'directory',
        owner,
        group: owner,
        mode: '0750',
      }),
    ),
  ]
}
