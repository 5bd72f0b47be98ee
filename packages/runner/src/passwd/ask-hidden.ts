import type { Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { print } from '../print.ts'

/** Whoever was asked pressed ^C. */
export class Interrupted extends Error {}

/**
 * Asks on a terminal for some lines, one after the other, and shows nothing of them.
 *
 * @returns the lines; fewer where the input ended
 * @throws Interrupted
 */
export async function askHidden(
  stdin: ReadStream,
  prompts: readonly string[],
): Promise<readonly string[]> {
  const terminal = await openTerminal(stdin)
  const answers: string[] = []
  const ask = (): void => print(2, prompts[answers.length] as string)
  const goOn = (): void => {
    // Who stopped it may have changed the mode of the terminal behind its back.
    stdin.setRawMode(false).setRawMode(true)
    // Nobody remembers how far a line was that can't be seen.
    for (const name of ['e', 'u']) terminal.write(null, { ctrl: true, name })
    ask()
  }
  process.on('SIGCONT', goOn)
  try {
    await new Promise<void>((resolve, reject) => {
      terminal.on('SIGINT', () => reject(new Interrupted()))
      terminal.on('SIGTSTP', () => {
        stdin.setRawMode(false)
        // Returns when it goes on; at once where no shell is there to say so.
        process.kill(process.pid, 'SIGTSTP')
        stdin.setRawMode(true)
      })
      terminal.on('close', resolve)
      terminal.on('line', (line) => {
        answers.push(line)
        print(2, '\n')
        if (answers.length < prompts.length) ask()
        else resolve()
      })
      ask()
    })
    return answers.slice(0, prompts.length)
  } finally {
    process.off('SIGCONT', goOn)
    if (answers.length < prompts.length) print(2, '\n')
    terminal.close()
  }
}

/** Keeps the terminal from echoing and edits the line; what that would show goes nowhere. */
async function openTerminal(input: ReadStream): Promise<Interface> {
  const { createInterface } = await import('node:readline')
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const { TERM } = process.env
  // On a terminal that can't show how a line is edited it would take Backspace for a letter.
  process.env.TERM = 'ansi'
  const terminal = createInterface({ input, output, terminal: true, historySize: 0 })
  if (TERM === undefined) delete process.env.TERM
  else process.env.TERM = TERM
  return terminal
}
