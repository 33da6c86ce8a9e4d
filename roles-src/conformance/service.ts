import { z } from 'zod'
import { defineService, type OptionsOf, type Requirement } from '#topology'
import { conformancePage, textOf } from './page.ts'
import { SEED } from './seed.ts'
import { CHAPTERS } from './statements/index.ts'

/** What the seed demands, for whoever asks a rule why it is there. */
const requirements = (): readonly Requirement[] =>
  CHAPTERS.flatMap(({ statements }) => statements).map((statement) => {
    const { lines, verdict, why, heldBy } = statement
    return {
      document: SEED,
      lines,
      text: textOf(statement),
      verdict,
      ...(why === undefined ? {} : { why }),
      rules: heldBy.flatMap((holder) => ('rule' in holder ? [holder.rule] : [])),
    }
  })

const service = defineService({
  name: 'conformance',
  summary: 'A document that says what became of each statement of the architecture.',
  options: z.object({}),

  requirements,

  documents: (_options, { deployment }) => [
    {
      path: 'docs/conformance.md',
      content: async () =>
        conformancePage({
          deployment: deployment.input.name,
          chapters: CHAPTERS,
          waivers: deployment.input.waivers ?? [],
        }),
    },
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    conformance: OptionsOf<typeof service, Host, Vip>
  }
}
