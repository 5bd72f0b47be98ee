import type { Socket } from 'node:net'
import { type ConnectionContext, counted, log } from 'runnerd'
import type { ParsedKey, ServerChannel } from 'ssh2'
import { hangUp } from '../hang-up.ts'
import { peerOf } from '../peer.ts'
import type { SessionUser, Shell } from '../repl-session.ts'
import { MOST_UNSENT } from '../serve-telnet.ts'
import { type Guest, type Sessions, STOPS, SUCCEEDED } from '../sessions.ts'
import type { LoginSettings } from '../settings.ts'
import { Authentication, type Authenticators } from './authenticate.ts'
import { ClientSessions } from './client-sessions.ts'
import type { SSH2 } from './load-ssh2.ts'

const system = 'SSH'

/** ssh2 offers it to clients, and can't do it as a server. */
const NO_KEX = {
  append: [],
  prepend: [],
  remove: ['diffie-hellman-group-exchange-sha256' as const],
}

/** What may wait for a client that hasn't logged in and doesn't read, in bytes. */
const MOST_UNSENT_BEFORE = 262_144

/** What every connection needs to know. */
export interface SSHTerms {
  readonly ssh2: SSH2
  readonly hostKey: ParsedKey
  readonly authenticators: Authenticators
  readonly sessions: Sessions
  readonly shell: Shell
  readonly login: LoginSettings
}

/** Serves one client of SSH (RFC 4251 to 4254): has it log in, and gives it sessions. */
export function serveSSH(
  socket: Socket,
  { draining }: ConnectionContext,
  { ssh2, hostKey, authenticators, sessions, shell, login }: SSHTerms,
): void {
  socket.setNoDelay(true)
  const peer = peerOf(socket)
  const gone = new AbortController()
  const authentication = new Authentication(authenticators, gone.signal)
  let own: ClientSessions | undefined
  let mostUnsent = MOST_UNSENT_BEFORE
  const limit = (channel?: ServerChannel): void => {
    const unsent = socket.writableLength + (channel?.writableLength ?? 0)
    if (unsent <= mostUnsent || socket.destroyed) return
    log.warn(`${peer.name} is cut: it doesn't read`, { system })
    socket.destroy()
  }
  const hangUpOn = (reason: string): void => {
    log.msg(`${peer.name} hung up on: ${reason}`, { system })
    hangUp(socket)
  }
  const guest: Guest = {
    leave(reason) {
      own?.end(reason)
      hangUp(socket)
    },
  }
  const drain = (): void => {
    if (!sessions.areSucceeded) guest.leave(STOPS)
    else if (own === undefined) hangUp(socket)
    else own.tell(SUCCEEDED)
  }
  const timer = setTimeout(
    () => hangUpOn(`no login in ${counted(login.loginTimeout, 'second')}`),
    login.loginTimeout * 1000,
  )
  sessions.add(guest)
  draining.addEventListener('abort', drain)
  socket.once('close', () => {
    clearTimeout(timer)
    gone.abort()
    sessions.delete(guest)
    draining.removeEventListener('abort', drain)
  })

  // A server for each, so that a client is known by its socket. It listens on nothing.
  const settings = { hostKeys: [{ key: hostKey }], algorithms: { kex: NO_KEX } }
  const server = new ssh2.Server(settings, (client) => {
    let name = ''
    client.on('error', (error) => log.debug(`${peer.name}: ${error.message}`, { system }))
    client.on('authentication', (context) => {
      name = context.username
      authentication.answer(context, { name, peer, system }).then(
        (mayTryAgain) => {
          if (!mayTryAgain) hangUpOn('too many logins failed')
        },
        (error) => {
          log.err(error, 'A login has failed')
          hangUp(socket)
        },
      )
    })
    client.on('ready', () => {
      clearTimeout(timer)
      mostUnsent = MOST_UNSENT
      const since = Date.now()
      const user: SessionUser = { name, peer, system }
      log.msg(`${name} logged in from ${peer.name} by ${authentication.means}`, { system })
      own = new ClientSessions(user, shell, limit)
      socket.once('close', () => {
        const seconds = Math.round((Date.now() - since) / 1000)
        log.msg(`${name} from ${peer.name} logged out after ${seconds} s`, { system })
      })
    })
    client.on('session', (accept, reject) => {
      if (own?.mayHaveMore) own.add(accept())
      else reject()
    })
  })
  server.injectSocket(socket)
  socket.on('data', () => limit())
  if (draining.aborted) drain()
}
