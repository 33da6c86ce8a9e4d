/** The account that may do everything, whom the server knows from its configuration. No user may be called so. */
export const ADMINISTRATOR = 'administrator'
