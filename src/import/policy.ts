import type { OptionConstraints, OptionSpec } from '../dsl/module-spec.ts'

/** What we decide about a module beyond what Ansible says of it. Each entry states why. */
export interface ModulePolicy {
  readonly because: string
  /** Options that are not offered at all. */
  readonly omit?: readonly string[]
  /** Options that Ansible would let an author leave out. */
  readonly require?: readonly string[]
  /** Only where nothing else will do: in free-form text Ansible takes `creates=x` for an option. */
  readonly freeForm?: string
  /** Takes any further name as an option. */
  readonly open?: true
  /** 'always' makes the type demand a mode; 'sometimes' leaves it to the build, which sees the other options. */
  readonly requiresMode?: 'always' | 'sometimes'
  readonly requiresChangedWhen?: true
  /** Types that Ansible's documentation leaves open. */
  readonly types?: Readonly<Record<string, Pick<OptionSpec, 'type' | 'elements'>>>
  /** Added to those of the argument spec. */
  readonly constraints?: OptionConstraints
  /** The module whose documented results this one gives without documenting them. */
  readonly resultsOf?: string
  /** Results that are documented as one entry and are in truth a map of entries (or of lists of them) by name. */
  readonly maps?: Readonly<Record<string, 'map' | 'map-of-lists'>>
}

const MODE_IF_CREATED: OptionConstraints = {
  requiredIf: [{ option: 'create', value: true, requires: ['mode'] }],
}

export const POLICIES: Readonly<Record<string, ModulePolicy>> = {
  // Commands. Free-form text hides options in a string, which neither types nor ansible-lint (no-free-form) can check.
  'ansible.builtin.command': {
    because: 'Only the author knows what a command changes. cmd and argv say what free-form text says.',
    omit: ['free_form'],
    requiresChangedWhen: true,
  },
  'ansible.builtin.shell': {
    because: 'As command; it has no argv, so that cmd is its one way.',
    omit: ['free_form'],
    require: ['cmd'],
    requiresChangedWhen: true,
  },
  'ansible.builtin.script': {
    because: 'As command. It gives what a command gives, without documenting it.',
    omit: ['free_form'],
    requiresChangedWhen: true,
    resultsOf: 'ansible.builtin.command',
  },
  'ansible.builtin.raw': {
    because: 'As command, but free-form text is all it takes.',
    freeForm: 'free_form',
    requiresChangedWhen: true,
    resultsOf: 'ansible.builtin.command',
  },
  'ansible.builtin.meta': { because: 'Takes one word in place of options.', freeForm: 'free_form' },

  // Files: without a mode the umask of the moment decides who can read them (ansible-lint: risky-file-permissions).
  'ansible.builtin.template': { because: 'Makes a file.', requiresMode: 'always' },
  'ansible.builtin.copy': { because: 'Makes a file.', requiresMode: 'always' },
  'ansible.builtin.assemble': { because: 'Makes a file.', requiresMode: 'always' },
  'ansible.builtin.get_url': { because: 'Makes a file.', requiresMode: 'always' },
  'ansible.builtin.file': {
    because:
      'Makes something in two of its states only, so that the type cannot demand a mode; the build does.',
    requiresMode: 'sometimes',
  },
  'ansible.builtin.blockinfile': {
    because: 'Makes the file only when told to create it.',
    constraints: MODE_IF_CREATED,
  },
  'ansible.builtin.lineinfile': {
    because: 'Makes the file only when told to create it.',
    constraints: MODE_IF_CREATED,
  },
  'community.general.ini_file': {
    because: 'Makes the file unless told not to.',
    requiresMode: 'always',
  },

  // What the documentation leaves open, or says in a way that types cannot use.
  'ansible.builtin.set_fact': {
    because: 'Every option but one is the name of a fact.',
    omit: ['key_value'],
    open: true,
  },
  'ansible.builtin.add_host': {
    because: 'Further options are variables of the new host.',
    open: true,
  },
  'ansible.builtin.include_tasks': {
    because: 'file says what free-form text says.',
    omit: ['free-form'],
    require: ['file'],
  },
  'ansible.builtin.import_tasks': {
    because: 'file says what free-form text says.',
    omit: ['free-form'],
    require: ['file'],
  },
  'ansible.builtin.include_vars': { because: 'file says what free-form text says.', omit: ['free-form'] },
  'ansible.builtin.include_role': {
    because: 'Keywords for the tasks of the role; the documentation gives no type.',
    types: { apply: { type: 'dict' } },
  },
  'ansible.builtin.assert': {
    because: 'Conditions, which ansible-core 2.19 wants to be boolean. It states its types as functions.',
    types: {
      that: { type: 'list', elements: 'bool' },
      fail_msg: { type: 'str' },
      success_msg: { type: 'str' },
    },
  },
  'ansible.builtin.pause': {
    because: 'int is a conversion here: fractions are cut off.',
    types: { minutes: { type: 'int' }, seconds: { type: 'int' } },
  },
  'ansible.builtin.validate_argument_spec': {
    because: 'Both are maps by the name of the argument; the documentation gives no type.',
    types: { argument_spec: { type: 'dict' }, provided_arguments: { type: 'dict' } },
  },
  'ansible.builtin.package_facts': {
    because: 'Several versions of one package can be installed.',
    maps: { packages: 'map-of-lists' },
  },
  'ansible.builtin.service_facts': {
    because: 'Documented as a list, returned by name.',
    maps: { services: 'map' },
  },
  'community.crypto.x509_certificate_info': {
    because: 'Returned by OID.',
    maps: { extensions_by_oid: 'map' },
  },
}

/** The policy of a module; most need none. */
export function policyOf(fqcn: string): ModulePolicy | undefined {
  return POLICIES[fqcn]
}

/** Results that `CommonResult` of the language gives to every module; some modules document them with other types. */
export const COMMON_RESULTS: ReadonlySet<string> = new Set(['changed', 'failed', 'skipped', 'msg'])

/** `raw` file modes: a number would be read as octal or decimal depending on how it is written, a string never is. */
export function isFileMode(option: string): boolean {
  return option === 'mode' || option.endsWith('_mode')
}
