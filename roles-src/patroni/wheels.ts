import { all, ansible, block, each, type HandlerRef, j, register } from '#dsl'
import { apt, file, get_url, pip, template } from '#modules/builtin'
import type { Vars } from './variables.ts'

/** What Patroni needs beside its own wheel, from Debian, which keeps it safe. */
const WHEEL_DEPENDENCIES = [
  'python3-cdiff',
  'python3-click',
  'python3-dateutil',
  'python3-packaging',
  'python3-prettytable',
  'python3-psutil',
  'python3-setuptools',
  'python3-urllib3',
  'python3-venv',
  'python3-yaml',
]

/** Patroni from Python wheels, where no archive of packages has one that is safe. */
export function wheelTasks(vars: Vars, restart: HandlerRef) {
  const wheelFolder = register(
    'wheel_folder',
    file('Make the folder of the wheels', {
      path: '/opt/patroni/wheels',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
  )
  const folderThereOrMade = all(ansible.checkMode, wheelFolder.isChanged()).not()
  return block(
    'Install Patroni from wheels',
    [
      apt('Install what Patroni needs', {
        name: ['python3-etcd', 'python3-psycopg2', ...WHEEL_DEPENDENCIES],
        state: 'present',
      }),
      wheelFolder,
      each(vars.wheels, { as: 'wheel', label: (wheel) => wheel.name }, (wheel) =>
        get_url(
          'Fetch the wheels',
          {
            url: wheel.url,
            dest: j`/opt/patroni/wheels/${wheel.url.pipe('basename')}`,
            checksum: j`sha256:${wheel.sha256}`,
            owner: 'root',
            group: 'root',
            mode: '0644',
          },
          { comment: 'In check mode there is nowhere to put them yet.', when: folderThereOrMade },
        ),
      ),
      each(vars.wheels, { as: 'wheel', label: (wheel) => wheel.name }, (wheel) =>
        pip(
          'Install the wheels',
          {
            name: [j`${wheel.name}==${wheel.version}`],
            virtualenv: '/opt/patroni',
            virtualenv_command: '/usr/bin/python3 -m venv',
            virtualenv_site_packages: true,
          },
          {
            comment: 'Options of pip as variables: with extra_args check mode would always report a change.',
            environment: {
              PIP_NO_INDEX: '1',
              PIP_FIND_LINKS: '/opt/patroni/wheels',
              PIP_NO_DEPS: '1',
              PIP_DISABLE_PIP_VERSION_CHECK: '1',
            },
            when: folderThereOrMade,
            notify: restart,
          },
        ),
      ),
      file('Let people find its command', {
        path: '/usr/local/bin/patronictl',
        src: '/opt/patroni/bin/patronictl',
        state: 'link',
        // In check mode there is nothing yet to lead to.
        force: true,
        owner: 'root',
        group: 'root',
      }),
      template(
        'Write the unit of Patroni',
        {
          src: 'patroni.service.j2',
          dest: '/etc/systemd/system/patroni.service',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: restart },
      ),
    ],
    { when: vars.source.eq('wheels') },
  )
}
