/** What is added to the name of a virtual IP, so that it is no host's. */
export const VIP_SUFFIX = '-vip'

interface Named {
  readonly name: string
  readonly fqdn: string
}

/** What hosts files call a host by itself, the whole name first. */
export const namesOfHost = ({ name, fqdn }: Named): readonly [string, string] => [fqdn, name]
/** The same of a virtual IP. */
export const namesOfVip = ({ name, fqdn }: Named): readonly [string, string] => [fqdn, `${name}${VIP_SUFFIX}`]
