import type { z } from 'zod'

/** What is wrong with a value, each with the path of the field, such as `[0].vip`. */
export function checkValue(
  schema: z.ZodType,
  value: unknown,
): readonly { readonly path: string; readonly message: string }[] {
  const result = schema.safeParse(value)
  if (result.success) return []
  return result.error.issues.map((issue) => ({
    path: issue.path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`)).join(''),
    message: issue.message,
  }))
}
