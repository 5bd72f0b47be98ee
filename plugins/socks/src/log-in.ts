import { LoginFailures, log, type MultiService, PasswordService } from 'runnerd'

/**
 * Looks a login up.
 *
 * @param from the address that it comes from
 * @returns why it is refused, if it is: late then, and the later the more were before
 */
export type LogIn = (name: string, password: string, from: string) => Promise<string | undefined>

/** Lets in who is in a password file, which is read as long as `top` runs. */
export function logInBy(file: string, top: MultiService): LogIn {
  const passwords = new PasswordService(file)
  passwords.setServiceParent(top)
  const failures = new LoginFailures()
  return async (name, password, from) => {
    if (failures.isLockedOut(from)) return `too many logins from ${from} have failed`
    try {
      if (await passwords.check(name, password)) {
        failures.forget(from)
        return undefined
      }
    } catch (error) {
      log.warn((error as Error).message, { system: 'SOCKS' })
      return 'no password can be checked now'
    }
    await pause(failures.add(from))
    return `wrong password of user ${JSON.stringify(name)}`
  }
}

/** Nobody waits for it at the end of the process. */
function pause(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay).unref())
}
