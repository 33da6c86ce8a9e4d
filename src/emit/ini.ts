/** INI text as Python's configparser reads it, for `ansible.cfg`. */

export interface IniSection {
  readonly name: string
  readonly settings: readonly IniSetting[]
}

export interface IniSetting {
  /** Comment lines, without `#`, that stand above the setting. */
  readonly comment?: readonly string[]
  readonly key: string
  readonly value: string | number | boolean
}

/**
 * @throws {TypeError} for what would read back as something else: a newline, white space at an end, a ` ;` or a
 *   leading `;` (Ansible has configparser take them for comments), a name or key twice, a key with `=` or `:`.
 */
export function emitIni(
  sections: readonly IniSection[],
  options: { readonly header?: readonly string[] } = {},
): string {
  refuseDoubles(sections.map(({ name }) => name))
  const blocks = sections.map(({ name, settings }) => {
    refuse(name, /^$|[\]\p{Cc}\p{Cs}\u2028\u2029]/u, 'section')
    // configparser reads keys without regard to case.
    refuseDoubles(settings.map(({ key }) => key.toLowerCase()))
    return [`[${name}]`, ...settings.flatMap(emitSetting)].join('\n')
  })
  const header = emitComment(options.header ?? []).join('\n')
  return `${[...(header === '' ? [] : [header]), ...blocks].join('\n\n')}\n`
}

function emitSetting({ comment = [], key, value }: IniSetting): readonly string[] {
  refuse(key, /^$|^[[#;]|^rem\b|[=:\p{Cc}\p{Cs}\u2028\u2029]|^\s|\s$|\s;/iu, 'key')
  const text = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
  refuse(text, /[\p{Cc}\p{Cs}\u2028\u2029]|^\s|\s$|(?:^|\s);/u, `value of ${key}`)
  return [...emitComment(comment), text === '' ? `${key} =` : `${key} = ${text}`]
}

function emitComment(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(/[\p{Cc}\u2028\u2029]+/u)).map((line) => `# ${line}`.trimEnd())
}

function refuse(text: string, forbidden: RegExp, what: string): void {
  if (forbidden.test(text))
    throw new TypeError(`An INI file cannot hold the ${what} ${JSON.stringify(text)}.`)
}

function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw new TypeError(`${double} occurs twice in an INI file.`)
}
