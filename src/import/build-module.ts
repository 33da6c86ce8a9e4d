import type { ModuleSpec, OptionSpec } from '../dsl/module-spec.ts'
import type { ArgumentSpec, DocModule } from './ansible.ts'
import { addConstraints } from './constraints.ts'
import type { ImportedModule, ImportedOption } from './model.ts'
import { importOptions } from './options.ts'
import { policyOf } from './policy.ts'
import { importResults } from './results.ts'

function optionSpec(option: ImportedOption): OptionSpec {
  return option.options ? { ...option.spec, options: optionSpecs(option.options) } : option.spec
}

function optionSpecs(options: readonly ImportedOption[]): Readonly<Record<string, OptionSpec>> {
  return Object.fromEntries(options.map((option) => [option.name, optionSpec(option)]))
}

function checkModeOf(doc: DocModule, spec: ArgumentSpec | null): ModuleSpec['checkMode'] {
  const support = doc.doc.attributes?.check_mode?.support
  if (support === 'full' || support === 'partial' || support === 'none') return support
  // Undocumented, or N/A where it depends on the system: then the module's own word counts.
  return spec?.supports_check_mode ? 'full' : 'none'
}

/** What is kept of one module, from its documentation, its argument spec and our policy for it. */
export function buildModule(
  fqcn: string,
  doc: DocModule,
  spec: ArgumentSpec | null,
  /** Documentation of `policy.resultsOf`, where the policy names one. */
  resultsOf: DocModule | undefined = undefined,
): ImportedModule {
  const policy = policyOf(fqcn)
  const { options, constraints } = importOptions({
    docs: doc.doc.options ?? {},
    specs: spec?.options,
    constraints: spec ?? {},
    hasAction: doc.doc.has_action === true,
    policy,
  })
  const { deprecated } = doc.doc
  const removed = deprecated?.removed_in ?? deprecated?.removed_at_date
  return {
    spec: {
      fqcn,
      checkMode: checkModeOf(doc, spec),
      ...(policy?.freeForm ? { freeForm: policy.freeForm } : {}),
      ...(policy?.requiresMode ? { requiresMode: true } : {}),
      ...(policy?.requiresChangedWhen ? { requiresChangedWhen: true } : {}),
      ...(policy?.open ? { openOptions: true } : {}),
      ...addConstraints(constraints, policy?.constraints),
      options: optionSpecs(options),
    },
    options,
    results: importResults((resultsOf ?? doc).return ?? {}, policy),
    open: policy?.open === true,
    ...(deprecated ? { removed: String(removed ?? 'a later version') } : {}),
  }
}
