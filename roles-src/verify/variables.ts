import { z } from 'zod'
import { secret } from '#dsl'

const port = () => z.int().min(1).max(65535)
const address = () => z.string().describe('Address.')
const password = () => secret(z.string()).describe('Its password.')

const s3 = {
  endpoint: z.url().describe('URL of S3.'),
  region: z.string().default('us-east-1').describe('Region that requests are signed for.'),
  access_key: z.string().describe('Access key of a user who may write.'),
  secret_key: secret(z.string()).describe('Its secret key.'),
  bucket: z.string().describe('Bucket of that user.'),
}

/** The questions by kind, and who asks them. */
export const variables = {
  address: z.string().default('').describe('Address from which the machine asks, as servers see it.'),
  ca_certificate_file: z
    .string()
    .default('')
    .describe('File on the controller with a CA that is believed beside those of the machine.'),
  resolvers: z
    .array(z.string())
    .default([])
    .describe('Name servers that are asked for names of pages; as the machine does unless told.'),
  timeout: z.int().min(1).default(10).describe('Seconds that an answer may take.'),
  patience: z
    .int()
    .min(0)
    .default(120)
    .describe(
      'Seconds that monitoring and the log of the database may take to notice what was deployed just now.',
    ),

  further: z
    .object({
      lines: z.string().default('').describe('Lines as this role prints them.'),
      wrong: z.string().default('').describe('Those of them that are wrong.'),
    })
    .default({ lines: '', wrong: '' })
    .describe(
      'What a role before this one asked on this machine, to be printed and judged together with its own.',
    ),

  names: z
    .array(
      z.object({
        names: z
          .array(
            z.object({
              name: z.string().describe('Name.'),
              address: z.string().describe('The one address that it leads to.'),
            }),
          )
          .describe('Names.'),
      }),
    )
    .default([])
    .describe('Names as the machine itself resolves them.'),
  records: z
    .array(
      z.object({
        server: address().describe('Address of a name server.'),
        port: port().default(53).describe('Its port.'),
        names: z
          .array(
            z.object({
              name: z.string().describe('Name.'),
              addresses: z.array(z.string()).describe('Its addresses; none where there is no such name.'),
            }),
          )
          .describe('What it is asked for.'),
      }),
    )
    .default([])
    .describe('Name servers and what they answer.'),
  certificates: z
    .array(
      z.object({
        host: z.string().describe('Name or address to which the certificate belongs.'),
        port: port().describe('Port with TLS.'),
        names: z.array(z.string()).default([]).describe('Further names in it.'),
        days: z.int().min(0).default(7).describe('Days at least until it ends.'),
      }),
    )
    .default([])
    .describe('Certificates.'),
  pages: z
    .array(
      z.object({
        url: z.url().describe('What is asked for.'),
        headers: z
          .array(z.object({ name: z.string().describe('Name.'), value: z.string().describe('Value.') }))
          .default([])
          .describe('Headers of the request.'),
        forged: z
          .string()
          .default('')
          .describe(
            'Address that the request claims to come from, in all headers in which proxies say such.',
          ),
        closed: z.boolean().default(false).describe('Whether no connection may come about.'),
        statuses: z
          .array(z.int())
          .default([])
          .describe('Good statuses; any that a proxy does not give by itself where there are none.'),
        location: z.string().default('').describe('Where a redirect leads.'),
        contains: z.array(z.string()).default([]).describe('Parts of the text.'),
        echo: z
          .boolean()
          .default(false)
          .describe(
            'Whether the server echoes in JSON what it received; forged headers may not be among it.',
          ),
        host_header: z
          .string()
          .default('')
          .describe('The `Host` that arrives at a server which echoes, where a proxy writes another one.'),
      }),
    )
    .default([])
    .describe('Pages.'),
  databases: z
    .array(
      z.object({
        host: z.string().describe('Name or address that is in the certificate.'),
        port: port().describe('Port of PostgreSQL, or of a pooler.'),
        database: z.string().describe('Database.'),
        user: z.string().describe('Who logs in, and may make tables.'),
        password: password(),
        tls: z
          .boolean()
          .default(true)
          .describe('Whether the connection is encrypted and its certificate checked.'),
      }),
    )
    .default([])
    .describe('Databases.'),
  buckets: z
    .array(
      z.object({
        ...s3,
        refused: z
          .array(z.string())
          .default([])
          .describe('Buckets, there or not, that this user may not write.'),
      }),
    )
    .default([])
    .describe('Buckets of an object store.'),
  redis: z
    .array(
      z.object({
        host: z.string().describe('Name or address that is in the certificate.'),
        port: port().describe('Port with TLS.'),
        user: z.string().describe('Account.'),
        password: password(),
      }),
    )
    .default([])
    .describe('Accounts of Redis.'),
  repositories: z
    .array(
      z.object({
        stanza: z.string().describe('Stanza.'),
        user: z.string().default('postgres').describe('Account of the machine that has the repository.'),
      }),
    )
    .default([])
    .describe('Repositories of pgBackRest on this machine.'),
  copies: z
    .array(
      z.object({
        ...s3,
        unit: z.string().describe('systemd unit on this machine that copies the bucket and ends.'),
        folder: z.string().startsWith('/').describe('Folder in which `<bucket>/current` is the copy.'),
        patience: z.int().min(1).default(1800).describe('Seconds that the copy may take.'),
      }),
    )
    .default([])
    .describe('Buckets of which this machine has a copy.'),
  prometheus: z
    .array(
      z.object({
        url: z.url().describe('URL without a path.'),
        user: z.string().describe('Account that may ask.'),
        password: password(),
        jobs: z
          .array(
            z.object({
              name: z.string().describe('Job.'),
              targets: z.int().min(1).describe('How many targets it has; all of them are up.'),
            }),
          )
          .default([])
          .describe('Jobs.'),
        alerts: z.array(z.string()).default([]).describe('Alerts that are loaded.'),
        panels: z
          .array(
            z.object({
              board: z.string().describe('Title of the dashboard.'),
              title: z.string().describe('Title of the panel.'),
              now: z
                .boolean()
                .default(false)
                .describe('Whether it shows a figure as it is now, and no graph.'),
              queries: z.array(z.string()).describe('Its queries, with the variables of Grafana.'),
              idle: z.string().default('').describe('Why it may be empty.'),
            }),
          )
          .default([])
          .describe('Panels of dashboards.'),
      }),
    )
    .default([])
    .describe('Prometheus, and what it has to know.'),
} as const
