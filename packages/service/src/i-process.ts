/**
 * How the process that runs an application should be. Each is read once: the name
 * when the application has been made, the ids when its ports are bound.
 *
 * @see Twisted's `twisted.application.service.IProcess`
 */
export interface IProcess {
  /** The name the process should have in `ps`; `undefined` is `runner NAME`. */
  processName: string | undefined

  /** The user id the process should run as; `undefined` leaves it alone. */
  uid: number | undefined

  /** The group id the process should run as; `undefined` leaves it alone. */
  gid: number | undefined
}
