import type { Socket } from 'node:net'
import { type ConnectionContext, counted, log } from 'runnerd'
import { LineReader } from './line-reader.ts'
import type { LoginGate } from './login-gate.ts'
import { type Peer, peerOf } from './peer.ts'
import { ReplSession, type Shell } from './repl-session.ts'
import { type Guest, type Sessions, STOPS, SUCCEEDED } from './sessions.ts'
import type { LoginSettings } from './settings.ts'
import { TelnetConnection } from './telnet-connection.ts'
import type { Terminal } from './terminal.ts'

const system = 'Telnet'

/** What may wait for somebody who has logged in and doesn't read, in bytes. */
export const MOST_UNSENT = 16 * 1024 * 1024

/** How often TCP asks whether a silent client is there still, in ms. */
const KEEP_ALIVE = 60_000

/** What every connection needs to know. */
export interface TelnetTerms {
  readonly gate: LoginGate
  readonly sessions: Sessions
  readonly shell: Shell
  readonly login: LoginSettings
}

/** Serves one client of telnet: has it log in, and gives it a session. */
export async function serveTelnet(
  socket: Socket,
  { draining }: ConnectionContext,
  terms: TelnetTerms,
): Promise<void> {
  socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE)
  const peer = peerOf(socket)
  const connection = new TelnetConnection(socket)
  const { terminal } = connection
  let session: ReplSession | undefined
  const guest: Guest = {
    leave(reason) {
      if (!terminal.isOver) terminal.write(`\n*** ${reason}\n`)
      terminal.hangUp()
    },
  }
  const drain = (): void => {
    if (!terms.sessions.areSucceeded) guest.leave(STOPS)
    else if (session === undefined) guest.leave('Another process serves from now on: connect again')
    else session.tell(SUCCEEDED)
  }
  terms.sessions.add(guest)
  draining.addEventListener('abort', drain)
  terminal.once('over', () => {
    terms.sessions.delete(guest)
    draining.removeEventListener('abort', drain)
  })
  connection.onCut = () => log.warn(`${peer.name} is cut: it doesn't read`, { system })
  connection.open()
  if (draining.aborted) return drain()

  const user = await logIn(terminal, peer, terms)
  if (user === undefined || terminal.isOver) return terminal.hangUp()
  const since = Date.now()
  log.msg(`${user} logged in from ${peer.name}`, { system })
  terminal.once('over', () => {
    const seconds = Math.round((Date.now() - since) / 1000)
    log.msg(`${user} from ${peer.name} logged out after ${seconds} s`, { system })
  })
  connection.mostUnsent = MOST_UNSENT
  session = await ReplSession.open(terminal, { name: user, peer, system }, terms.shell)
}

/** @returns the name of who has logged in; `undefined` if nobody has */
async function logIn(
  terminal: Terminal,
  peer: Peer,
  { gate, login }: TelnetTerms,
): Promise<string | undefined> {
  const gone = new AbortController()
  const timer = setTimeout(() => {
    log.msg(`${peer.name} hung up on: no login in ${counted(login.loginTimeout, 'second')}`, {
      system,
    })
    terminal.write('\n*** No login in time\n')
    terminal.hangUp()
  }, login.loginTimeout * 1000)
  terminal.once('over', () => {
    clearTimeout(timer)
    gone.abort()
  })
  try {
    for (let tries = 0; tries < login.loginTries; tries += 1) {
      const reader = new LineReader(terminal)
      const name = await reader.ask('Username: ')
      if (name === undefined) return undefined
      const password = await reader.ask('Password: ', { hidden: true })
      if (password === undefined) return undefined
      const refusal = await gate.refusal({ name, peer, system }, password, gone.signal)
      if (refusal === undefined) return name
      if (terminal.isOver) return undefined
      terminal.write(`\n${refusal}\n`)
    }
    log.msg(`${peer.name} hung up on: ${counted(login.loginTries, 'login')} failed`, { system })
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
