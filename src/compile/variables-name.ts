interface NameProblem {
  readonly message: string
  readonly hint: string
}

const NAME = /^[a-z][a-z0-9_]*$/
const NAME_HINT = 'Use lower case letters, digits and underscores, and begin with a letter.'

const PYTHON_KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
)

/** Methods of Python's dict, which `x.items` in a template would find before the field. */
const DICT_METHODS = new Set(
  'clear copy fromkeys get items keys pop popitem setdefault update values'.split(' '),
)

/** What is wrong with a variable's name, as the author wrote it. */
export function nameProblem(role: string, name: string): NameProblem | undefined {
  if (!NAME.test(name)) return { message: `"${name}" cannot be a variable's name.`, hint: NAME_HINT }
  if (PYTHON_KEYWORDS.has(name))
    return { message: `"${name}" is a keyword of Python.`, hint: 'Choose another name.' }
  const prefix = `${role}_`
  if (name.startsWith(prefix))
    return {
      message: `"${name}" repeats the role's name, and Ansible would see ${prefix}${name}.`,
      hint: `Call it "${name.slice(prefix.length)}": the prefix is added by itself.`,
    }
  return undefined
}

/** What is wrong with a field's name. */
export function fieldNameProblem(fullName: string, name: string): NameProblem | undefined {
  if (!NAME.test(name))
    return { message: `${fullName}: "${name}" cannot be a field's name.`, hint: NAME_HINT }
  if (DICT_METHODS.has(name))
    return {
      message: `${fullName} has the name of a method: x.${name} in a template would not be the field.`,
      hint: 'Choose another name.',
    }
  return undefined
}
