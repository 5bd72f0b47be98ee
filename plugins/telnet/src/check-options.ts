import { listenEndpoints, UsageError } from 'runnerd'
import { isLocal } from './is-local.ts'
import type { TelnetOptionValues } from './plugin-options.ts'

/** A day; longer nobody takes to log in. */
const LONGEST = 86_400

/** Where telnet listens: nowhere, if only `--ssh` says where anything does. */
export function telnetEndpoints(options: TelnetOptionValues): string[] {
  const { listen, port, ssh } = options
  return listen === undefined && port === undefined && ssh !== undefined
    ? []
    : listenEndpoints(options)
}

/** @throws UsageError if nobody could log in, or other machines could that shouldn't */
export function checkOptions(options: TelnetOptionValues): void {
  const { passwordFile, authorizedKeys, ssh = [], loginTimeout, loginTries } = options
  const endpoints = telnetEndpoints(options)
  if (passwordFile === undefined && (endpoints.length > 0 || authorizedKeys === undefined)) {
    const keys = endpoints.length > 0 ? '' : ' or --authorized-keys'
    throw new UsageError(`nobody could log in without --password-file${keys}`, {
      hint: 'runner passwd FILE NAME makes one',
    })
  }
  if (!options.allowRemote) {
    refuseRemote('listen', endpoints)
    refuseRemote('ssh', ssh)
  }
  if (!(loginTimeout > 0 && loginTimeout <= LONGEST)) {
    throw new UsageError(
      `cannot use --login-timeout ${loginTimeout}: it must be above 0 and at most ${LONGEST} seconds`,
    )
  }
  if (!Number.isInteger(loginTries) || loginTries < 1) {
    throw new UsageError(`cannot use --login-tries ${loginTries}: it must be a whole number from 1`)
  }
}

function refuseRemote(option: string, endpoints: readonly string[]): void {
  const remote = endpoints.find((endpoint) => !isLocal(endpoint))
  if (remote === undefined) return
  throw new UsageError(
    `cannot use --${option} ${remote}: other machines could connect, and there is no --allow-remote`,
    { hint: 'who logs in can do whatever the daemon can; interface=localhost is for this machine' },
  )
}
