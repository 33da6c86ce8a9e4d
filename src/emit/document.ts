import nunjucks from 'nunjucks'
import { DOCUMENTS } from './documents.ts'

/** Finds the templates by name among those that are part of the program. */
class Templates extends nunjucks.Loader implements nunjucks.ILoader {
  getSource(name: string): nunjucks.LoaderSource {
    const src = DOCUMENTS[name]
    if (src === undefined) throw new Error(`There is no document template ${name}.`)
    return { src, path: name, noCache: false }
  }
}

const environment = new nunjucks.Environment(new Templates(), {
  throwOnUndefined: true,
  autoescape: false,
  trimBlocks: true,
  lstripBlocks: true,
})

/** A document of ours from its template. Throws where the template asks for what the data does not have. */
export function renderDocument(template: string, data: Readonly<Record<string, unknown>>): string {
  return environment.render(template, data)
}
