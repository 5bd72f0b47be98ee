import type { REPLServer, ReplOptions } from 'node:repl'
import { PassThrough } from 'node:stream'
import { log } from 'runnerd'
import type { Histories } from './histories.ts'
import { interruptWaits } from './interrupt-waits.ts'
import type { Peer } from './peer.ts'
import { runLines } from './run-lines.ts'
import type { ServiceControl } from './service-control.ts'
import type { ServiceTree } from './service-tree.ts'
import type { Terminal } from './terminal.ts'

/** What all sessions of a daemon have. */
export interface Shell {
  readonly tree: ServiceTree
  readonly control: ServiceControl
  readonly histories: Histories
  /** What else there is by name. */
  readonly namespace: Readonly<Record<string, unknown>>
}

/** Who has a session, and where. */
export interface SessionUser {
  readonly name: string
  readonly peer: Peer
  /** Of whose log lines its are. */
  readonly system: string
}

type Repl = typeof import('node:repl')

/**
 * Loads Node's REPL: before Node 26 the process has domains from then on, which every
 * promise and event pays for. So a daemon has them when somebody has logged in.
 */
export async function loadRepl(): Promise<Repl> {
  return await import('node:repl')
}

/** So often what is said after a session is logged, and so much of it each time. */
const MOST_LATE = 100
const LONGEST_LATE = 2000

/** A REPL of Node in this process, on a terminal. */
export class ReplSession {
  readonly #terminal: Terminal
  readonly #server: REPLServer

  /** Opens one, if the terminal is there still. */
  static async open(
    terminal: Terminal,
    user: SessionUser,
    shell: Shell,
  ): Promise<ReplSession | undefined> {
    const repl = await loadRepl()
    return terminal.isOver ? undefined : new ReplSession(repl, terminal, user, shell)
  }

  private constructor(repl: Repl, terminal: Terminal, user: SessionUser, shell: Shell) {
    this.#terminal = terminal
    const history = shell.histories.of(user.name)
    const isTTY = terminal.isTTY
    if (isTTY) terminal.write(greeting(shell.tree))
    const server = onTerminal(terminal, () =>
      repl.start({
        prompt: isTTY ? '> ' : '',
        input: isTTY ? terminal : new PassThrough(),
        output: terminal,
        terminal: isTTY,
        useColors: isTTY && terminal.type !== undefined && terminal.type !== 'dumb',
        // What is half typed is not to be run in a daemon, however harmless it looks.
        preview: false,
        // Readline's, which the REPL hands on.
        historySize: history.size,
      } as ReplOptions),
    )
    this.#server = server
    if (isTTY) history.give(server)
    furnish(server, user, shell)
    // Without a listener ^Z stops this process, as in a shell: everybody's.
    server.on('SIGTSTP', () => {})
    server.on('exit', () => terminal.hangUp())
    terminal.once('over', () => {
      if (isTTY) history.take(server)
      this.#logLateWords(user)
      server.close()
      letGo(server)
    })
    if (!isTTY) void runLines(terminal, server)
  }

  /** Shows a line, over what is being typed, where somebody sees it. */
  tell(text: string): void {
    if (this.#terminal.isOver || !this.#terminal.isTTY) return
    this.#terminal.write(`\r\x1b[J*** ${text}\n`)
    this.#server.displayPrompt(true)
  }

  /** What goes on in what was typed is shown to nobody any more: the log has it. */
  #logLateWords({ name, peer, system }: SessionUser): void {
    // The REPL shows its prompt after each error.
    this.#server.displayPrompt = () => {}
    let left = MOST_LATE
    this.#terminal.late = (text) => {
      if (left === 0 || text.trim() === '') return
      left -= 1
      const rest = left === 0 ? ' (the last that is told)' : ''
      const whose = `from the session of ${name} at ${peer.name}, which is over`
      log.warn(`${whose}${rest}: ${text.slice(0, LONGEST_LATE).trimEnd()}`, { system })
    }
  }
}

/** Defines what there is by name, at once and after `.clear`. */
export function furnish(server: REPLServer, user: SessionUser, shell: Shell): void {
  const { tree, control, namespace } = shell
  const who = { name: `${user.name} from ${user.peer.name}`, system: user.system }
  const start = (service: unknown): Promise<string> => control.start(service, who)
  const stop = (service: unknown): Promise<string> => control.stop(service, who)
  const { services, refresh } = tree.view()
  const define = (): void => {
    Object.assign(server.context, {
      // In place of Node's, whose errors escape from the session before Node 26.
      queueMicrotask: (callback: () => void) => void Promise.resolve().then(() => callback()),
      ...namespace,
      ...{ app: tree.top, services, log, start, stop },
    })
  }
  define()
  server.on('reset', define)
  const beginRun = interruptWaits(server)
  const evaluate = server.eval
  Object.assign(server, {
    eval(this: REPLServer, ...all: Parameters<typeof evaluate>): void {
      refresh()
      beginRun()
      evaluate.apply(this, all)
    },
  })
  command(server, 'services', 'Show the services, and how they are', async () => tree.text())
  command(server, 'start', 'Start a service that was stopped', (name) => start(name))
  command(server, 'stop', 'Stop a service; it stays in its tree', (name) => stop(name))
}

/**
 * Lets go of what a REPL had that is closed. Node 20 keeps each that has run a line, by what
 * was compiled for it, until memory is short: with its variables that is 200 KB and more.
 */
export function letGo(server: REPLServer): void {
  // What came with the last line is still to be run.
  setImmediate(() => Object.assign(server, { context: {}, last: undefined, lastError: undefined }))
}

function command(
  server: REPLServer,
  keyword: string,
  help: string,
  act: (text: string) => Promise<string>,
): void {
  const action = async (text: string): Promise<void> => {
    server.clearBufferedCommand()
    const said = await act(text.trim()).catch((error) => `${(error as Error).message ?? error}`)
    server.output.write(`${said}\n`)
    // What is being typed stays where it is.
    server.displayPrompt(true)
  }
  server.defineCommand(keyword, { help, action: (text) => void action(text) })
}

function greeting({ top }: ServiceTree): string {
  return [
    `${top.name ?? top.constructor.name}, pid ${process.pid}, node ${process.version}`,
    'app, services, log, start(name), stop(name); .help for more, .exit to leave',
    '',
  ].join('\n')
}

/** Has readline believe in the session's terminal: it asks what the daemon's own is. */
function onTerminal<T>({ type }: Terminal, make: () => T): T {
  const { TERM } = process.env
  process.env.TERM = type ?? ''
  try {
    return make()
  } finally {
    if (TERM === undefined) delete process.env.TERM
    else process.env.TERM = TERM
  }
}
