import { z } from 'zod'
import type { Expr } from './expr.ts'

/** The variables of a role: name without the role's prefix → zod schema with a description. */
export type VariableShape = Readonly<Record<string, z.ZodType>>

/** Inside the role each variable is an expression of its type. */
export type VariableExprs<V extends VariableShape> = { readonly [K in keyof V]: Expr<z.output<V[K]>> }

/** A deployment's values for a role: what has a default may be left out. */
export type VariableValues<V extends VariableShape> = z.input<z.ZodObject<{ -readonly [K in keyof V]: V[K] }>>

const SECRET = 'rolewright-secret'

/**
 * A value that nobody else may read. It has no default, never stands in `generated/`, and whatever it flows into is
 * kept out of Ansible's output and out of files that others can read.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), [SECRET]: true }) as S // meta returns the schema it was called on
}

/** Whether a schema was marked with `secret`, looking through optional and default. */
export function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.[SECRET] === true) return true
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
    ? isSecret(schema.unwrap() as z.ZodType)
    : false // unwrap is typed by zod's core, whose classes are these
}
