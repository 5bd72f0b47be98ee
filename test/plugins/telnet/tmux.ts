import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gone, send } from '../../helpers/runner.ts'

/** How often it is looked what is on the screen, in ms, and how long at most. */
const PAUSE = 50
const PATIENCE = 60_000

/** A command on a terminal of tmux, of 80 columns and 24 rows. */
export class Tmux {
  readonly #socket: string

  constructor(t: TestContext, cwd: string, command: string) {
    this.#socket = `${cwd}/tmux`
    const size = ['-x', '80', '-y', '24']
    this.#call('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, command)
    // So that what it says last can be read.
    this.#call('set-option', '-g', 'remain-on-exit', 'on')
    // By its socket it can't be found when the directory has gone.
    const pid = Number(this.#call('display-message', '-p', '#{pid}'))
    t.after(async () => {
      send(pid, 'SIGTERM')
      await gone(pid)
    })
  }

  /** Presses keys, by tmux's names for them. */
  press(...keys: string[]): void {
    this.#call('send-keys', ...keys)
  }

  /** Types a text. */
  type(text: string): void {
    this.#call('send-keys', '-l', text)
  }

  resize(columns: number, rows: number): void {
    this.#call('resize-window', '-x', `${columns}`, '-y', `${rows}`)
  }

  /** Waits until the screen matches, and gives it. */
  async shows(pattern: RegExp): Promise<string> {
    const end = Date.now() + PATIENCE
    for (;;) {
      const screen = this.#call('capture-pane', '-p')
      if (pattern.test(screen)) return screen
      if (Date.now() > end) throw new Error(`waited in vain for ${pattern}:\n${screen}`)
      await sleep(PAUSE)
    }
  }

  #call(...args: string[]): string {
    return spawnSync('tmux', ['-u', '-S', this.#socket, ...args], { encoding: 'utf8' }).stdout
  }
}
