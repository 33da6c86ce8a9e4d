import { resolve } from 'node:path'
import { compileProject } from '../emit/project.ts'
import { checkMdad } from '../matrix/check-mdad.ts'
import { readCheckout } from '../matrix/checkout.ts'
import { keyPlace } from './key-place.ts'
import { count, type Format, printFindings } from './output.ts'
import { loadProject, projectRoot, withPlaces } from './project.ts'

/** `rolewright check --mdad <checkout>`: what a checkout of MDAD says of the variables that it is given. Returns the exit code. */
export async function checkAgainstMdad(checkout: string, format: Format): Promise<number> {
  const root = projectRoot()
  const sources = await loadProject(root)
  const project = await compileProject(sources, {})
  if (project.findings.some((finding) => finding.severity === 'error'))
    return printFindings(await withPlaces(root, project.findings), format, 'mend them first')
  const { names, notLookedUp, findings } = checkMdad(
    [...project.deployments.values()],
    readCheckout(resolve(checkout)),
    (site, key) => {
      const call = sources.locate(site)
      return call && keyPlace(root, call, key)
    },
  )
  if (format === 'text')
    process.stdout.write(`${count(names, 'variable')} for MDAD, ${names - notLookedUp} of them looked up.\n`)
  const all = [...(await withPlaces(root, project.findings)), ...findings]
  return printFindings(all, format, 'MDAD would fail, or not do what they say')
}
