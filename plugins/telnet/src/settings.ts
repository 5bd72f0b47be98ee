/** What the operator may set for logins. */
export interface LoginSettings {
  /** In seconds. */
  readonly loginTimeout: number
  /** So many tries a connection has. */
  readonly loginTries: number
}
