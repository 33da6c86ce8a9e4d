/** A name that clients are told, and where it has to lead for what they do with it. */
export interface AdvertisedName {
  /** Fully qualified. */
  readonly name: string
  /**
   * `{ listener }`: to the virtual IP of that listener, where a proxy answers. `{ host }`: to that host, past every proxy, as
   * what passes none needs.
   */
  readonly leads: { readonly listener: string } | { readonly host: string }
  /** What clients do with it, in a few words. */
  readonly purpose: string
}
