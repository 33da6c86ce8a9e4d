import { AuthorError } from '../dsl/expr.ts'
import type { Place } from './rule.ts'

/**
 * What a service finds wrong with a deployment before it can go on, at the place that decides it:
 * `throw new DeploymentError(['services', 'pooler'], 'The pooler needs the service "database", which this deployment lacks.')`.
 * What only a person can judge, or need not stop anything, is a rule.
 */
export class DeploymentError extends AuthorError {
  readonly at: Place

  constructor(at: Place, message: string, hint?: string) {
    super('invalid-deployment', message, hint)
    this.name = 'DeploymentError'
    this.at = at
  }
}
