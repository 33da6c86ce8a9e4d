/** A secret by name; in the inventory it is `{{ vault_<name> }}`. */
const SECRET_REF = Symbol.for('rolewright.secret')
export interface SecretRef {
  readonly [SECRET_REF]: string
  /** How it is made of another one; at random unless told. */
  readonly recipe?: SecretRecipe
}
/** A line of an htpasswd file: with it a server checks a user's password without knowing it. */
export interface SecretRecipe {
  readonly kind: 'htpasswd'
  readonly user: string
  /** Name of the secret that is the password. */
  readonly password: string
}
export const secretRef = (name: string): SecretRef => ({ [SECRET_REF]: name })
/** The line of an htpasswd file for a user whose password is another secret. */
export const htpasswdRef = (user: string, password: SecretRef): SecretRef => ({
  [SECRET_REF]: `${password[SECRET_REF]}_htpasswd`,
  recipe: { kind: 'htpasswd', user, password: password[SECRET_REF] },
})
export function secretName(value: unknown): string | undefined {
  return isSecretRef(value) ? value[SECRET_REF] : undefined
}
export function isSecretRef(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && SECRET_REF in value
}
