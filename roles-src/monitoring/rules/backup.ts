import type { AlertGroup } from './alert.ts'

const DAY = 86_400

/** Jobs write these figures where node_exporter finds them. */
export const backup: AlertGroup = {
  name: 'backup',
  alerts: [
    {
      name: 'BackupTooOld',
      severity: 'critical',
      expr: `time() - pgbackrest_last_timestamp_seconds > 2 * ${DAY}`,
      for: '1h',
      summary: 'The last backup of {{ $labels.stanza }} is {{ $value | humanizeDuration }} old.',
      description: 'There is one every day: systemctl list-timers, journalctl -u "pgbackrest-*".',
    },
    {
      name: 'FullBackupTooOld',
      severity: 'warning',
      expr: `time() - pgbackrest_last_full_timestamp_seconds > 38 * ${DAY}`,
      for: '1h',
      summary: 'The last full backup of {{ $labels.stanza }} is {{ $value | humanizeDuration }} old.',
      description: 'There is one every month, and all others build upon it.',
    },
    {
      name: 'RepositoryBroken',
      severity: 'critical',
      expr: 'pgbackrest_stanza_status != 0',
      for: '15m',
      summary: 'pgBackRest says that something is wrong with {{ $labels.stanza }}.',
      description: 'pgbackrest info says what.',
    },
    {
      name: 'MediaCopyTooOld',
      severity: 'critical',
      expr: `time() - bucket_copy_last_success_timestamp_seconds > 2 * ${DAY}`,
      for: '1h',
      summary: 'The last copy of the bucket {{ $labels.bucket }} is {{ $value | humanizeDuration }} old.',
      description: 'There is one every day: journalctl -u "bucket-copy@*".',
    },
  ],
}
