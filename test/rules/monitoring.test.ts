import { expect, it } from 'vitest'
import { variant } from '../roles/variants.ts'

const heartbeat = 'http://10.0.0.7/alive'
const from = 'alerts@example.net'

it('refuses a mail server without a port, and a webhook that is no URL, as Alertmanager would', async () => {
  const { findings } = await variant({
    services: { prometheus: { mail: { server: 'mail.example.org', from }, webhooks: ['hooks'], heartbeat } },
  })
  expect(findings.join('\n')).toContain(
    `services.prometheus.mail.server: "mail.example.org": is no 'name:port'`,
  )
  expect(findings.join('\n')).toContain(
    'services.prometheus.webhooks.0: "hooks": is no address of a web server',
  )
})

it('lets alerts go to networks that stay open, and to hosts of the deployment by their names', async () => {
  const prometheus = {
    emails: ['operators@example.net'],
    mail: { server: '172.16.0.25:25', from },
    webhooks: ['https://user:word@backup.internal:9000/alerts', 'http://localhost:9911/'],
    heartbeat,
  }
  const firewall = { docker: ['synapse' as const], egressNetworks: ['172.16.0.0/24'] }
  expect((await variant({ services: { prometheus, firewall } })).findings).toEqual([])
  const { findings } = await variant({ services: { prometheus } })
  expect(findings).toEqual([expect.stringContaining('The mail server 172.16.0.25:25 is out of reach')])
})
