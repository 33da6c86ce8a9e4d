import { z } from 'zod'
import { defineRole, each, j } from '#dsl'
import { apt, copy, file, systemd_service, template } from '#modules/builtin'

export default defineRole({
  name: 'dns',
  summary: 'Answer for zones that are given as files, and for nothing else.',
  description: `
The server is NSD. It answers for its own zones only: it never asks anybody, cannot be used to look up or to flood others, and
reads zone files as they are (RFC 1035), so that the file that people review is the one that answers. BIND and unbound resolve as
well, which is neither needed here nor wanted in a network without a way out; dnsmasq has a format of its own.

Zone files are taken from the controller and checked by \`nsd-checkzone\` before they replace the old ones. Give the same
files to two hosts and name both in the NS records: no transfer between them is needed.

Clients reach the zones through their resolvers, which forward the zones' names here, or through a delegation from the zone above.

NSD answers queries for zones it does not have with REFUSED. It limits answers per source and second (\`dns_rate_limit\`),
against forged queries.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    listen_addresses: z
      .array(z.string())
      .min(1)
      .describe("Addresses to bind: the host's own. The wildcard collides with resolvers on loopback."),
    port: z.int().min(1).max(65535).default(53).describe('Port to bind, over UDP and TCP.'),
    zones: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[a-z0-9.-]+$/)
            .describe('Name of the zone, without a dot at its end.'),
          file: z.string().describe('Its zone file on the controller.'),
        }),
      )
      .min(1)
      .describe('Zones that are answered for.'),
    transfer_to: z
      .array(z.string())
      .default([])
      .describe('Addresses and networks of other servers that may copy the zones.'),
    rate_limit: z
      .int()
      .min(0)
      .default(200)
      .describe('Answers a second to one source network; 0 for no limit.'),
  },

  programs: { nsd: '/usr/sbin/nsd' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart NSD',
      { name: 'nsd', state: 'restarted', daemon_reload: true },
      { needs: programs.nsd },
    ),
    reload: systemd_service('Reload NSD', { name: 'nsd', state: 'reloaded' }, { needs: programs.nsd }),
  }),

  install: () => [
    apt(
      'Install NSD',
      { name: ['nsd'], state: 'present', policy_rc_d: 101 },
      { comment: 'Exit code 101 keeps the package from binding every address before it is configured.' },
    ),
  ],

  configure: ({ vars, handlers, programs }) => [
    file(
      'Make the folder of the zones',
      { path: '/etc/nsd/zones', state: 'directory', owner: 'root', group: 'root', mode: '0755' },
      { needs: programs.nsd },
    ),
    each(vars.zones, { as: 'zone', label: (zone) => zone.name }, (zone) =>
      copy(
        'Write the zones',
        {
          src: zone.file,
          dest: j`/etc/nsd/zones/${zone.name}.zone`,
          owner: 'root',
          group: 'root',
          mode: '0644',
          validate: j`nsd-checkzone ${zone.name} %s`,
        },
        { needs: programs.nsd, notify: handlers.reload },
      ),
    ),
    template(
      'Write the configuration of NSD',
      {
        src: 'nsd.conf.j2',
        dest: '/etc/nsd/nsd.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
        validate: 'nsd-checkconf %s',
      },
      { needs: programs.nsd, notify: handlers.restart },
    ),
  ],

  service: ({ programs }) => [
    systemd_service(
      'Keep NSD running',
      { name: 'nsd', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.nsd },
    ),
  ],

  example: {
    listen_addresses: ['192.0.2.53'],
    zones: [{ name: 'example.org', file: '{{ playbook_dir }}/zones/example.org.zone' }],
  },
})
