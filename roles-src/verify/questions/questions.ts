import type { VariableValues } from '#dsl'
import type { Given } from '#topology'
import type { variables } from '../variables.ts'

/** Values of the role, as a service gives them. */
export type Questions = Given<VariableValues<typeof variables>>
