import type { Socket } from 'node:net'
import type { Account } from './account.ts'

/** What programs get of runner's own environment: time and language. */
const PASSED = /^(TZ|LANG|LANGUAGE|LC_[A-Z]+)$/

/** Root's own may have directories of other users' in it, or in theirs. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What speaks of runner itself, and not of what it runs. */
const OWN =
  /^(RUNNER_.*|NOTIFY_SOCKET|LISTEN_(FDS|PID|FDNAMES)|WATCHDOG_(PID|USEC)|NODE_CHANNEL_.*)$/

/**
 * The environment of a program.
 *
 * @param all - whether it gets all of runner's
 */
export function environmentOf(
  account: Account,
  all: boolean,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const { user, home, shell } = account
  const passed = Object.entries(env).filter(([name]) => (all ? !OWN.test(name) : PASSED.test(name)))
  const names = user === '' ? {} : { USER: user, LOGNAME: user }
  return { PATH, ...Object.fromEntries(passed), HOME: home, SHELL: shell, ...names }
}

/** Both ends of a TCP connection, in the words of inetutils and of ucspi-tcp. */
export function endsOf(socket: Socket): NodeJS.ProcessEnv {
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || remoteAddress === undefined) return {}
  return {
    PROTO: 'TCP',
    TCPLOCALIP: localAddress,
    TCPLOCALPORT: String(localPort),
    TCPREMOTEIP: remoteAddress,
    TCPREMOTEPORT: String(remotePort),
  }
}
