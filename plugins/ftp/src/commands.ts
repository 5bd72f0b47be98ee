import { dataCommands } from './commands/data.ts'
import { directoryCommands } from './commands/directories.ts'
import { fileCommands } from './commands/files.ts'
import { listCommands } from './commands/lists.ts'
import { loginCommands } from './commands/login.ts'
import { securityCommands } from './commands/security.ts'
import { stateCommands } from './commands/state.ts'
import { transferCommands } from './commands/transfers.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

/** What a verb does. */
export interface Command {
  /** Who may: anybody who has logged in, or those of them who may write; else everybody. */
  readonly needs?: 'login' | 'write'

  /**
   * Does it, and replies.
   *
   * @throws Refusal, which is the reply, or the file system's error
   */
  run(session: Session, argument: string): void | Promise<void>
}

/** Commands by their verbs. */
export type Commands = Readonly<Record<string, Command>>

const commands = new Map<string, Command>(
  Object.entries({
    ...dataCommands,
    ...directoryCommands,
    ...fileCommands,
    ...listCommands,
    ...loginCommands,
    ...securityCommands,
    ...stateCommands,
    ...transferCommands,
  }),
)

/** @throws Refusal if there is none */
export function commandFor(verb: string): Command {
  // What RFC 775 called them, and old clients still do.
  const name = /^X(?:PWD|CWD|MKD|RMD|CUP)$/.test(verb) ? verb.slice(1) : verb
  const command = commands.get(name === 'CUP' ? 'CDUP' : name)
  if (command === undefined) throw new Refusal(502, `Command '${verb}' not implemented`)
  return command
}

/** The verbs there are, in order. */
export function verbs(): string[] {
  return [...commands.keys()].sort()
}
