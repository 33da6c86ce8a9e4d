import type { DocumentEntry } from '#topology'
import type { Options } from '../options.ts'
import type { Surroundings } from '../surroundings.ts'
import { group } from './variables.ts'

/** Calls and the web client. */
export function webEntries(options: Options, around: Surroundings): readonly DocumentEntry[] {
  return [...turnEntries(around), ...callEntries(around), ...clientEntries(options, around)]
}

function turnEntries({ turn }: Surroundings): readonly DocumentEntry[] {
  return [
    ...group('Relays are hosts of their own; clients get them all, with a login that ends by itself.', {
      coturn_enabled: false,
      matrix_synapse_turn_uris: turn && [...turn.uris],
      matrix_synapse_turn_shared_secret: turn?.secret,
      matrix_synapse_turn_allow_guests: false,
    }),
  ]
}

function callEntries({ calls }: Surroundings): readonly DocumentEntry[] {
  return [
    ...group('Delayed events in Synapse and calls in the web client; their servers are elsewhere.', {
      matrix_rtc_enabled: calls !== undefined,
      livekit_server_enabled: false,
      matrix_livekit_jwt_service_enabled: false,
      matrix_element_call_enabled: false,
    }),
    ...group('Without this Traefik opens 5350 on every address, LiveKit or not.', {
      matrix_playbook_livekit_turn_traefik_entrypoint_enabled: false,
    }),
    ...(calls === undefined
      ? []
      : group(
          'Where clients ask for a call: told by Synapse, and by .well-known for those that read only that.',
          {
            matrix_synapse_matrix_rtc_transports_livekit_url: calls,
            matrix_static_files_file_matrix_client_property_org_matrix_msc4143_rtc_foci_enabled: true,
            matrix_static_files_file_matrix_client_property_org_matrix_msc4143_rtc_foci_custom: [
              { type: 'livekit', livekit_service_url: calls },
            ],
          },
        )),
  ]
}

function clientEntries(
  { theme, participants }: Options,
  { domain, calls }: Surroundings,
): readonly DocumentEntry[] {
  return [
    ...group("The web client brings its own calls: its default would be somebody's Jitsi on the internet.", {
      matrix_client_element_enabled: true,
      matrix_client_element_default_theme: theme,
      matrix_client_element_element_call_enabled: calls !== undefined,
      matrix_client_element_element_call_url: '',
      matrix_client_element_element_call_use_exclusively: true,
      matrix_client_element_element_call_participant_limit: participants,
    }),
    ...group('No integrations, no reports, no links and no room lists of servers on the internet.', {
      matrix_client_element_integrations_ui_url: '',
      matrix_client_element_integrations_rest_url: '',
      matrix_client_element_integrations_widgets_urls: [],
      matrix_client_element_integrations_jitsi_widget_url: '',
      matrix_client_element_bug_report_endpoint_url: '',
      matrix_client_element_permalink_prefix: `https://${domain}`,
      matrix_client_element_room_directory_servers: [domain],
    }),
  ]
}
