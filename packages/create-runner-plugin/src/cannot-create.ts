/** Exit statuses, sysexits' as those of runner. */
export const ExitStatus = {
  /** The command line is wrong. */
  USAGE: 64,
  /** A file can't be made. */
  CANTCREAT: 73,
  /** Not allowed. */
  NOPERM: 77,
} as const

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

/**
 * What its user has to be told: the message is the line they read, `cannot create
 * OBJECT: reason`; `hint`, where there is one, what to do about it.
 */
export class CannotCreate extends Error {
  readonly exitStatus: ExitStatus
  readonly hint: string | undefined

  constructor(exitStatus: ExitStatus, object: string, reason: string, hint?: string) {
    super(`cannot create ${object}: ${reason}`)
    this.name = 'CannotCreate'
    this.exitStatus = exitStatus
    this.hint = hint
  }
}

/** Nobody said what the plugin is to be called. */
export function noName(): CannotCreate {
  const hint = 'npm create runner-plugin NAME'
  return new CannotCreate(ExitStatus.USAGE, 'a plugin', 'no name given', hint)
}
