import { setTimeout as sleep } from 'node:timers/promises'
import { log } from 'runnerd'
import type { Commands } from '../commands.ts'
import { oneLine } from '../one-line.ts'
import { Refusal } from '../refusal.ts'
import type { Session } from '../session.ts'

/** So many wrong passwords, and the session is over. */
const MOST_TRIES = 3

/** USER, PASS and what ends a session (RFC 959, 4.1.1). */
export const loginCommands: Commands = {
  USER: { run: user },
  PASS: { run: pass },
  ACCT: { run: ({ control }) => control.reply(202, 'No account is needed.') },
  REIN: {
    run(session) {
      // It would have to go on in the clear (RFC 4217, 11).
      if (session.control.isSecure) throw new Refusal(502, 'No REIN with TLS; connect anew.')
      session.reset()
      session.control.reply(220, 'Service ready for new user.')
    },
  },
  QUIT: { run: (session) => session.close(221, 'Goodbye.') },
}

function user(session: Session, name: string): void {
  if (name === '') throw new Refusal(501, 'USER needs a name.')
  const { requireTLS } = session.factory.settings
  session.user = undefined
  session.claimedName = undefined
  const anonymous = isAnonymous(session, name)
  if (requireTLS && !anonymous && !session.control.isSecure) {
    throw new Refusal(530, 'Use AUTH TLS first.')
  }
  session.claimedName = name
  session.control.reply(
    331,
    anonymous
      ? 'Guest login ok, type your email address as password.'
      : `Password required for ${name}.`,
  )
}

async function pass(session: Session, password: string): Promise<void> {
  const name = session.claimedName
  const { anonymousWrite, write } = session.factory.settings
  if (name === undefined) throw new Refusal(503, 'Say USER before PASS.')
  session.claimedName = undefined
  const anonymous = isAnonymous(session, name)
  if (!anonymous && !(await isTheirs(session, name, password))) return
  if (session.over.signal.aborted) return
  session.user = {
    name,
    isAnonymous: anonymous,
    mayWrite: anonymous ? anonymousWrite : write,
    seesHidden: !anonymous,
  }
  session.cwd = '/'
  session.log('logged in')
  session.control.reply(
    230,
    anonymous ? 'Anonymous login ok, access restrictions apply.' : 'User logged in, proceed.',
  )
}

function isAnonymous(session: Session, name: string): boolean {
  return session.factory.settings.anonymous.includes(name)
}

/** Whether the password is right; if not, the client has been told, later each time. */
async function isTheirs(session: Session, name: string, password: string): Promise<boolean> {
  const { settings, failures } = session.factory
  const { peer = '' } = session.control
  if (failures.isLockedOut(peer)) {
    session.close(421, 'Too many failed logins, try again later.')
    return false
  }
  let isRight = false
  try {
    isRight = (await settings.check?.(name, password)) ?? false
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_TOO_MANY_CHECKS') throw new Refusal(450, 'Too many logins, try again.')
    log.warn(`Nobody can log in: ${message}`, { system: 'ftp' })
    throw new Refusal(530, 'No login is possible now, try again later.')
  }
  if (isRight) {
    failures.forget(peer)
    return true
  }
  log.warn(`Failed login of ${oneLine(name)} from ${peer || 'unix'}`, { system: 'ftp' })
  session.failedLogins += 1
  const { signal } = session.over
  await sleep(failures.add(peer), undefined, { signal }).catch(() => {})
  if (session.failedLogins >= MOST_TRIES) session.close(421, 'Too many failed logins.')
  else session.control.reply(530, 'Sorry, Authentication failed.')
  return false
}
