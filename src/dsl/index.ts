export { all, choose, type Expr, j, lookup, named, value } from './expr.ts'
export { type Arg, defineModule, type Value } from './module.ts'
export { ansible, facts } from './names.ts'
export { definePlaybook, foreignRole, play } from './playbook.ts'
export { defineRole, type Role } from './role.ts'
export {
  block,
  each,
  type HandlerRef,
  include,
  includeEach,
  literal,
  never,
  type ProgramRef,
  register,
  type TaskItem,
  verbatim,
} from './task.ts'
export { secret, type VariableExprs, type VariableValues } from './variable.ts'
