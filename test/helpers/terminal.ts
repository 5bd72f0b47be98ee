import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

const PROMPT = 'READY> '

/** Why no shell can be given a terminal here; `false` where one can. */
export const noTerminal: string | false = spawnSync('script', ['--version'], {
  encoding: 'utf8',
}).stdout?.includes('util-linux')
  ? false
  : "util-linux's script is not installed"

/** A shell on a terminal of its own, at its prompt. */
export class Terminal {
  readonly #script: ChildProcess
  readonly #closed: Promise<unknown>
  #shown = ''
  #look = (): void => {}

  /** @param command an interactive shell that reads no file of its user's */
  static async open(
    t: TestContext,
    command: string,
    options: { cwd: string; env: NodeJS.ProcessEnv },
  ): Promise<Terminal> {
    const terminal = new Terminal(command, options)
    t.after(async () => {
      terminal.hangUp()
      await terminal.#closed
    })
    // So that the line typed isn't taken for the prompt.
    terminal.type(`PS1=REA'DY> '\r`)
    await terminal.shows(PROMPT)
    return terminal
  }

  private constructor(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.#script = spawn('script', ['-qc', command, '/dev/null'], {
      ...options,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#closed = once(this.#script, 'close')
    this.#script.stdin?.on('error', () => {})
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text
      this.#look()
    })
  }

  type(keys: string): void {
    this.#script.stdin?.write(keys)
  }

  /** Takes the terminal away from whoever is on it. */
  hangUp(): void {
    this.#script.kill('SIGKILL')
  }

  /** Types a line, and waits until the shell has run it. Gives what was on the screen meanwhile. */
  async run(keys: string): Promise<string> {
    this.type(`${keys}\r`)
    return await this.shows(PROMPT)
  }

  /** Waits for a text, and gives all that was shown before it and not yet waited for. */
  async shows(text: string): Promise<string> {
    return await new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`waited in vain for ${text}, shown was: ${this.#shown}`)),
        120_000,
      )
      this.#look = () => {
        const at = this.#shown.indexOf(text)
        if (at < 0) return
        const before = this.#shown.slice(0, at)
        this.#shown = this.#shown.slice(at + text.length)
        this.#look = () => {}
        clearTimeout(limit)
        resolve(before)
      }
      this.#look()
    })
  }
}
