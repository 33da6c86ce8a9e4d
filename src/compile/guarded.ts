import { AuthorError } from '../dsl/expr.ts'
import type { CallSite } from '../dsl/source.ts'
import type { Deployment } from '../topology/deployment.ts'
import { DeploymentError } from '../topology/mistake.ts'
import { causeOf } from '../topology/place.ts'
import type { Report } from './scope.ts'
import { siteOf } from './site.ts'

/**
 * Runs a piece of the author's code; what it throws becomes a finding. What is wrong with `deployment`, where it is run for
 * one, lies there.
 */
export function guarded<T>(
  report: Report,
  site: CallSite | undefined,
  run: () => T,
  deployment?: Deployment,
): T | undefined {
  try {
    return run()
  } catch (error) {
    reportThrown(error, report, site, deployment)
    return undefined
  }
}

/** Reports what a piece of the author's code threw. */
export function reportThrown(
  error: unknown,
  report: Report,
  site: CallSite | undefined,
  deployment?: Deployment,
): void {
  if (error instanceof DeploymentError && deployment)
    report.error(error.code, error.message, causeOf(deployment, error.at), error.hint)
  else if (error instanceof AuthorError)
    report.error(error.code, error.message, error.site ?? site, error.hint)
  else
    report.error(
      'author-code-failed',
      `The code of a role or a service failed: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`,
      siteOf(error) ?? site,
      'Run `npm run typecheck`: it most often names the place.',
    )
}
