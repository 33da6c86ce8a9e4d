import type { HandlerRef, ProgramRef } from '#dsl'
import { file, systemd_service, template } from '#modules/builtin'

/** A unit of systemd that a package brings. */
interface Unit {
  /** Its name, without `.service`. */
  readonly name: string
  /** The program's name as people write it. */
  readonly title: string
}

/** Restart and reload, for a role's `handlers`. They run in this order: a process that runs with an older unit cannot always reload. */
export const unitHandlers = ({ name, title }: Unit, program: ProgramRef) => ({
  restart: systemd_service(
    `Restart ${title}`,
    { name, state: 'restarted', daemon_reload: true },
    { needs: program },
  ),
  reload: systemd_service(`Reload ${title}`, { name, state: 'reloaded' }, { needs: program }),
})

/** What the role adds to the package's unit: `templates/override.conf.j2`. */
export const dropIn = ({ name }: Pick<Unit, 'name'>, restart: HandlerRef) => {
  const folder = `/etc/systemd/system/${name}.service.d`
  return [
    file('Make the folder of the drop-in', {
      path: folder,
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the drop-in of the unit',
      {
        src: 'override.conf.j2',
        dest: `${folder}/override.conf`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: restart },
    ),
  ]
}

/** Started now and at every boot. */
export const keepRunning = ({ name, title }: Unit, program: ProgramRef) =>
  systemd_service(
    `Keep ${title} running`,
    { name, state: 'started', enabled: true, daemon_reload: true },
    { needs: program },
  )
