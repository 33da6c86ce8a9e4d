import { ansible, block, type Expr, type HandlerRef, j, register, type TaskItem } from '#dsl'
import { get_url, unarchive } from '#modules/builtin'

interface Program {
  /** Name in `/usr/local/bin`, and in the archive where it comes in one. */
  readonly name: Expr<string> | string
  readonly url: Expr<string>
  readonly sha256: Expr<string>
  /** For names of tasks and results. */
  readonly what: 'server' | 'client'
  readonly notify?: HandlerRef
}

/** Tasks that put a program into `/usr/local/bin`, from a URL of the program itself or of a `.tar.gz` with it. */
export function programTasks({ name, url, sha256, what, notify }: Program): readonly TaskItem[] {
  const packed = url.is('match', '.*[.]tar[.]gz$')
  const file = j`/usr/local/src/${url.pipe('basename')}`
  const owned = { owner: 'root', group: 'root' } as const
  const checksum = j`sha256:${sha256}`
  const keywords = notify ? { notify } : {}
  const archive = register(
    `${what}_archive`,
    get_url(`Fetch the archive of the ${what}`, { url, dest: file, checksum, ...owned, mode: '0644' }),
  )
  return [
    get_url(
      `Fetch the ${what}`,
      { url, dest: j`/usr/local/bin/${name}`, checksum, ...owned, mode: '0755' },
      { ...keywords, when: packed.not() },
    ),
    block(
      `Take the ${what} out of its archive`,
      [
        archive,
        unarchive(
          `Unpack the ${what}`,
          { src: file, dest: '/usr/local/bin', remote_src: true, include: [name], ...owned, mode: '0755' },
          {
            ...keywords,
            comment: 'In check mode there is nothing to unpack before the archive is there.',
            when: ansible.checkMode.not().or(archive.isChanged().not()),
          },
        ),
      ],
      { when: packed },
    ),
  ]
}
