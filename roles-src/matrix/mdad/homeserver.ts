import { type DocumentEntry, parseDays, secretRef } from '#topology'
import { megabytes, type Options } from '../options.ts'
import { HOST_CA, type Surroundings } from '../surroundings.ts'
import { group } from './variables.ts'

/** The deployment's CA in the containers. */
const CA = '/etc/deployment-ca.crt'
/** Uploads that a process of Synapse may have under way, and the proxy before all of them. */
const UPLOADS_OF_A_PROCESS = 25
const UPLOADS_OF_THE_PROXY = 50

/** Synapse's own time of `7 days` is `7d`. */
const time = (text: string | undefined): string => (text === undefined ? '' : `${parseDays(text)}d`)

/** Synapse: database, files, accounts, what is kept. */
export function homeserverEntries(options: Options, around: Surroundings): readonly DocumentEntry[] {
  return [
    ...databaseEntries(options, around),
    ...mediaEntries(options, around),
    ...ruleEntries(options, around),
  ]
}

function databaseEntries({ pool }: Options, { database }: Surroundings): readonly DocumentEntry[] {
  return [
    ...group('The database is elsewhere; by address, since containers know no names of the deployment.', {
      postgres_enabled: false,
      matrix_synapse_database_host: database.address,
      matrix_synapse_database_port: database.port,
      matrix_synapse_database_user: database.user,
      matrix_synapse_database_password: database.password,
      matrix_synapse_database_database: database.database,
    }),
    ...group('Few connections for each process: there are many processes.', {
      matrix_synapse_database_cp_min: pool.min,
      matrix_synapse_database_cp_max: pool.max,
      matrix_synapse_database_txn_limit: 10_000,
    }),
    ...group('When the virtual IP moves, a connection that nobody answers is given up within 40 seconds.', {
      matrix_synapse_database_keepalives_idle: 10,
      matrix_synapse_database_keepalives_interval: 10,
      matrix_synapse_database_keepalives_count: 3,
    }),
    ...group(
      'What MDAD has no variable for: TLS to the database, lost connections, the life of TURN logins.',
      {
        matrix_synapse_configuration_extension_yaml: [
          'database:',
          '  args:',
          ...(database.tls
            ? ['    sslmode: verify-full', `    sslrootcert: ${CA}`]
            : ['    sslmode: disable']),
          '    tcp_user_timeout: 10000',
          'turn_user_lifetime: 1h',
          '',
        ].join('\n'),
      },
    ),
  ]
}

function mediaEntries({ uploads }: Options, { storage }: Surroundings): readonly DocumentEntry[] {
  const largest = megabytes(uploads.largest)
  return [
    ...group(
      `Files of up to ${largest} MB; temporary folders are memory, by default for 50 such files each.`,
      {
        matrix_synapse_max_upload_size_mb: largest,
        matrix_synapse_tmp_directory_size_mb: largest * UPLOADS_OF_A_PROCESS,
        matrix_synapse_reverse_proxy_companion_tmp_directory_size_mb: largest * UPLOADS_OF_THE_PROXY,
      },
    ),
    ...group('A file is in the bucket before its upload is acknowledged: none is lost with the host.', {
      matrix_synapse_ext_synapse_s3_storage_provider_enabled: true,
      matrix_synapse_ext_synapse_s3_storage_provider_config_bucket: uploads.bucket,
      matrix_synapse_ext_synapse_s3_storage_provider_config_region_name: storage.region,
      matrix_synapse_ext_synapse_s3_storage_provider_config_endpoint_url: storage.endpoint,
      matrix_synapse_ext_synapse_s3_storage_provider_config_access_key_id: storage.user,
      matrix_synapse_ext_synapse_s3_storage_provider_config_secret_access_key: storage.secretKey,
      matrix_synapse_ext_synapse_s3_storage_provider_config_storage_class: 'STANDARD',
      matrix_synapse_ext_synapse_s3_storage_provider_store_local: true,
      matrix_synapse_ext_synapse_s3_storage_provider_store_remote: true,
      matrix_synapse_ext_synapse_s3_storage_provider_store_synchronous: true,
      matrix_synapse_enable_local_media_storage: uploads.keepLocally,
    }),
    ...group("The deployment's CA in the containers, for the database and the bucket.", {
      matrix_synapse_container_additional_volumes: [{ src: HOST_CA, dst: CA, options: 'ro' }],
      matrix_synapse_container_extra_arguments: storage.ownCa ? [`--env=AWS_CA_BUNDLE=${CA}`] : undefined,
      matrix_synapse_ext_s3_storage_provider_container_arguments: storage.ownCa
        ? [`--env=AWS_CA_BUNDLE=${CA}`, `--mount type=bind,src=${HOST_CA},dst=${CA},ro`]
        : undefined,
    }),
  ]
}

function ruleEntries(options: Options, { domain }: Surroundings): readonly DocumentEntry[] {
  const { registration, admins, retention } = options
  const token = registration === 'token'
  return [
    ...group(
      token
        ? 'Whoever has a token of an administrator may make an account.'
        : 'Administrators make the accounts.',
      {
        matrix_synapse_enable_registration: token,
        matrix_synapse_enable_registration_without_verification: false,
        matrix_synapse_registration_requires_token: true,
        matrix_synapse_allow_guest_access: false,
      },
    ),
    ...(admins.length === 0
      ? []
      : group('Accounts that are made once; later changes of their passwords are theirs.', {
          matrix_user_creator_users_additional: admins.map((username) => ({
            username,
            initial_password: secretRef(`matrix_admin_${username.replace(/[^a-z0-9]/g, '_')}_password`),
            initial_type: 'admin',
          })),
        })),
    ...group('What costs much at this scale, and what asks the internet.', {
      matrix_synapse_presence_enabled: options.presence,
      matrix_synapse_url_preview_enabled: options.urlPreviews,
      matrix_synapse_report_stats: false,
    }),
    ...group(
      'Whom and what people find: this network is closed, and rooms are for those who have an account.',
      {
        matrix_synapse_user_directory_search_all_users: options.directory === 'everyone',
        matrix_synapse_allow_public_rooms_without_auth: false,
        matrix_synapse_email_invite_client_location: `https://${domain}`,
      },
    ),
    ...group('Notifications leave the network, where they leave it at all, without what was written.', {
      matrix_synapse_push_include_content: false,
    }),
    ...group('What is kept for how long. What Synapse forgets of uploads, nobody can open any more.', {
      matrix_synapse_retention_enabled: retention.messages !== undefined,
      matrix_synapse_retention_period: time(retention.messages),
      matrix_synapse_redaction_retention_period: time(retention.redacted),
      matrix_synapse_media_retention_local_media_lifetime: time(retention.uploads),
      matrix_synapse_media_retention_remote_media_lifetime: '',
    }),
    ...group(
      'More than the defaults: offices share addresses, and people join many rooms on their first day.',
      {
        matrix_synapse_rc_message: { per_second: 5, burst_count: 50 },
        matrix_synapse_rc_login: {
          address: { per_second: 10, burst_count: 100 },
          account: { per_second: 0.17, burst_count: 5 },
          failed_attempts: { per_second: 0.17, burst_count: 5 },
        },
        matrix_synapse_rc_joins: {
          local: { per_second: 1, burst_count: 30 },
          remote: { per_second: 0.01, burst_count: 10 },
        },
      },
    ),
  ]
}
