import { defineServiceRule, type ServiceRule } from '#topology'
import type { ConfigBackupOptions } from './service.ts'

const elsewhere = defineServiceRule<ConfigBackupOptions>({
  code: 'BK-011',
  severity: 'error',
  demand: 'Copies of secrets and keys are on no host whose own files they are copies of.',
  reason: 'A copy beside its original is lost together with it.',
  evidence:
    'What a host holds is lost with it: fire, a stolen machine and a wrong command take all of its disks.',
  wayOut: 'Name another host.',
  check: ({ hosts, files }, topology) => {
    const copied = [...topology.services.flatMap(({ irreplaceable }) => irreplaceable), ...files]
    return hosts.flatMap((name) =>
      copied
        .filter(({ host }) => host === name)
        .map(({ path }) => ({
          message: `${name} has ${path} itself: a copy there would be lost together with it.`,
          subject: name,
          at: ['services', 'config_backup', 'hosts'],
        })),
    )
  },
})

/** What copies of secrets and keys must keep. */
export const rules: readonly ServiceRule<ConfigBackupOptions>[] = [elsewhere]

/** For services that say what of theirs is irreplaceable. */
export const keysCopied = defineServiceRule<unknown>({
  code: 'BK-012',
  severity: 'warning',
  demand: 'Keys that programs make for themselves, and nothing brings back, are copied to another host.',
  reason:
    "Other servers and clients know Synapse by its signing key. It is in no vault and no backup of a database: a lost one makes another server of it, and people's devices distrust it.",
  evidence:
    "Synapse's documentation, page on backing up a homeserver, which counts the signing key among what has to be kept.",
  wayOut:
    'Place config_backup: it copies them, encrypted, at every run of the playbook, with the vault and the CA in it.',
  check: (_options, topology) =>
    topology.service('config_backup')
      ? []
      : topology.services.flatMap(({ name, irreplaceable }) =>
          irreplaceable.map(({ host, path, what }) => ({
            message: `${what} (${path}) is on ${host} alone: nothing copies it.`,
            subject: host,
            at: ['services', name],
          })),
        ),
})
