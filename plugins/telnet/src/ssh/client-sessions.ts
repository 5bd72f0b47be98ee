import { log } from 'runnerd'
import type { ServerChannel, Session } from 'ssh2'
import { ReplSession, type SessionUser, type Shell } from '../repl-session.ts'
import type { Terminal } from '../terminal.ts'
import { type LimitUnsent, terminalOf, type WantedTerminal } from './channel-terminal.ts'
import { runCommand } from './run-command.ts'

/** So many sessions a connection may have at once, as with OpenSSH. */
const MOST = 10

/** The sessions of one client of SSH (RFC 4254, 6). */
export class ClientSessions {
  readonly #user: SessionUser
  readonly #shell: Shell
  readonly #limit: LimitUnsent
  readonly #terminals = new Map<Terminal, ReplSession | undefined>()
  #count = 0

  constructor(user: SessionUser, shell: Shell, limit: LimitUnsent) {
    this.#user = user
    this.#shell = shell
    this.#limit = limit
  }

  get mayHaveMore(): boolean {
    return this.#count < MOST
  }

  /** Serves one that was accepted. Whatever is no shell and no command is refused. */
  add(session: Session): void {
    let wanted: WantedTerminal | undefined
    let terminal: Terminal | undefined
    this.#count += 1
    session.once('close', () => {
      this.#count -= 1
    })
    session.on('pty', (accept, _reject, info) => {
      wanted = info
      accept?.()
    })
    session.on('window-change', (accept, _reject, { cols, rows }) => {
      accept?.()
      terminal?.resize(cols, rows)
    })
    session.on('signal', (accept, _reject, { name }) => {
      accept?.()
      if (name === 'INT') terminal?.typed(Buffer.of(3))
    })
    session.on('shell', (accept) => {
      const accepted = accept()
      terminal = terminalOf(accepted, wanted, this.#limit)
      this.#attend(accepted, this.#open(terminal))
    })
    session.on('exec', (accept, _reject, { command }) => {
      log.msg(`${this.#user.name} from ${this.#user.peer.name} runs a command`, {
        system: this.#user.system,
      })
      const accepted = accept()
      const isTTY = wanted !== undefined
      this.#attend(accepted, runCommand(command, accepted, isTTY, this.#user, this.#shell))
    })
  }

  tell(text: string): void {
    for (const session of this.#terminals.values()) session?.tell(text)
  }

  /** Says why, and hangs up. */
  end(reason: string): void {
    for (const terminal of this.#terminals.keys()) {
      terminal.write(`\n*** ${reason}\n`)
      terminal.hangUp()
    }
  }

  /** A session that fails, as where the REPL can't be loaded, ends nothing else. */
  #attend(channel: ServerChannel, session: Promise<void>): void {
    session.catch((error) => {
      log.err(error, 'A session has failed')
      channel.destroy()
    })
  }

  async #open(terminal: Terminal): Promise<void> {
    this.#terminals.set(terminal, undefined)
    terminal.once('over', () => this.#terminals.delete(terminal))
    const session = await ReplSession.open(terminal, this.#user, this.#shell)
    if (!terminal.isOver) this.#terminals.set(terminal, session)
  }
}
