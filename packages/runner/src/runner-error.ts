import type { ExitStatus } from './exit-status.ts'

/** What runner itself may have to tell an operator. */
export type RunnerErrorCode =
  | 'ERR_ALREADY_RUNNING'
  | 'ERR_CHROOT'
  | 'ERR_INCOMPATIBLE'
  | 'ERR_INSPECTOR'
  | 'ERR_LOGGER'
  | 'ERR_MANIFEST'
  | 'ERR_NO_APPLICATION'
  | 'ERR_NO_CONTROL'
  | 'ERR_NO_MONITOR'
  | 'ERR_NO_DAEMON'
  | 'ERR_NO_KOFFI'
  | 'ERR_NO_LOG'
  | 'ERR_NO_PLUGIN'
  | 'ERR_NO_SERVICE'
  | 'ERR_NOT_STOPPED'
  | 'ERR_NOT_YOURS'
  | 'ERR_OUTPUT'
  | 'ERR_PASSWORD_FILE'
  | 'ERR_PID_FILE'
  | 'ERR_PLUGIN_EXISTS'
  | 'ERR_PRIVILEGES'
  | 'ERR_PROFILE'
  | 'ERR_REFUSED'
  | 'ERR_RELOAD'
  | 'ERR_RUNDIR'
  | 'ERR_SYSLOG'
  | 'ERR_TAPNAME'
  | 'ERR_UNABLE'
  | 'ERR_UNTRUSTED'
  | 'ERR_WINDOWS'

/**
 * An error an operator can meet. Its message is the line they read, `cannot VERB
 * OBJECT: reason`; `hint`, where there is one, what to do about it.
 */
export class RunnerError extends Error {
  readonly code: RunnerErrorCode
  readonly exitStatus: ExitStatus | number
  readonly hint: string | undefined

  constructor(
    code: RunnerErrorCode,
    exitStatus: ExitStatus | number,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RunnerError'
    this.code = code
    this.exitStatus = exitStatus
    this.hint = options.hint
  }
}
