import { all, ansible, block, each, j, named, register } from '#dsl'
import { copy, file, group } from '#modules/builtin'
import type { Authority } from './authority.ts'
import { groupOf, type Handler, perCertificate, type Tasks, type Vars } from './certificate.ts'
import { providedTasks } from './provided.ts'
import { requestedTasks } from './requested.ts'

/** Loops and no include: hosts work side by side only where they run the same task. */
export function certificateTasks(vars: Vars, authority: Authority, reload: Handler): Tasks {
  const { certificates, directory } = vars
  const folders = register(
    'folders',
    each(certificates, perCertificate, ({ name }) =>
      file('Make the folders of the certificates', {
        path: j`${directory}/${name}`,
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    ),
  )
  const thereOrMade = all(ansible.checkMode, folders.isChanged()).not()
  return [
    authority.tasks,
    each(certificates, perCertificate, (certificate) =>
      group('Make the groups that read the keys', { name: groupOf(certificate), system: true }),
    ),
    folders,
    each(certificates, perCertificate, ({ name }) =>
      copy(
        'Write the certificate of the CA',
        {
          src: vars.ca_certificate_file,
          dest: j`${directory}/${name}/ca.crt`,
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: thereOrMade, notify: reload },
      ),
    ),
    block('Have the certificates signed', requestedTasks(vars, authority, reload), {
      comment: 'In check mode there is nothing to look at before the folders are there.',
      when: thereOrMade,
    }),
    block('Take the certificates from the controller', providedTasks(vars, reload), {
      when: [
        certificates
          .pipe('map', named({ attribute: 'source', default: vars.mode }))
          .pipe('list')
          .contains('provided'),
        thereOrMade,
      ],
    }),
  ]
}
