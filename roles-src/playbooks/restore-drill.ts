import { definePlaybook, play } from '#dsl'
import restoreDrill from '../restore_drill/role.ts'

export default definePlaybook({
  name: 'restore-drill',
  summary:
    'Restore the newest backup of the database beside its repository, look whether it is whole, and remove it.',
  plays: [
    play({
      name: 'Restore the newest backup into a scratch folder',
      hosts: 'database_backup',
      become: true,
      roles: [restoreDrill],
    }),
  ],
})
