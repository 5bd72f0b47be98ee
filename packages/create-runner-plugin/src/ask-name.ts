import { createInterface } from 'node:readline/promises'
import { noName } from './cannot-create.ts'
import { type PluginName, parseName } from './plugin-name.ts'

/**
 * Asks at the terminal what the plugin is to be called, again after a name that
 * can't be.
 *
 * @throws CannotCreate when the input ends without one
 */
export async function askName(): Promise<PluginName> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // A question that nobody answers any more is never settled.
  const closed = new Promise<never>((_, reject) => terminal.once('close', () => reject(noName())))
  closed.catch(() => {})
  // At a terminal readline takes ^C for itself.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  // After ^Z it reads nothing until it is told to.
  terminal.on('SIGCONT', () => terminal.prompt(true))
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question('Name of the plugin: '), closed])
      try {
        return parseName(answer.trim())
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`)
      }
    }
  } finally {
    terminal.close()
  }
}
