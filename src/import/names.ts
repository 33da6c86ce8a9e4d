// Words that cannot name a constant of a module file, in which everything is strict.
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)

/** The name that authors import a module by: Ansible's own, with an underscore where TypeScript would not take it. */
export function constantName(module: string): string {
  if (RESERVED.has(module)) return `${module}_`
  return /^\d/.test(module) ? `_${module}` : module
}

/** `x509_certificate` → `X509Certificate`. */
export function typeName(name: string): string {
  const pascal = name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
  return /^\d/.test(pascal) ? `_${pascal}` : pascal
}

/** The parts of a fully qualified module name. Modules of nested folders keep their dots in `module`. */
export function splitFqcn(fqcn: string): { readonly collection: string; readonly module: string } {
  const [namespace = '', collection = '', ...module] = fqcn.split('.')
  return { collection: `${namespace}.${collection}`, module: module.join('.') }
}

/** Where a module's file lies in src/modules. */
export function modulePath(fqcn: string): string {
  const { collection, module } = splitFqcn(fqcn)
  return `${collection}/${module}.ts`
}

/** The file that authors import a collection's modules from (`#modules/<name>`). */
export function barrelPath(collection: string): string {
  return collection === 'ansible.builtin' ? 'builtin.ts' : `${collection}.ts`
}
