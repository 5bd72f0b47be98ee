import { PassThrough, Writable } from 'node:stream'
import { inspect } from 'node:util'
import type { ServerChannel } from 'ssh2'
import { furnish, letGo, loadRepl, type SessionUser, type Shell } from '../repl-session.ts'

/** What a shell says of a command that ^C has ended. */
const INTERRUPTED = 130

const CTRL_C = 3

/**
 * Evaluates what is after the host in `ssh HOST …`, and shows what it comes to, a
 * promise too: a string as it is, nothing for `undefined`. What it throws is on stderr, and the status 1.
 *
 * @param isTTY - whether the client has a terminal for it, `ssh -t`: that wants CR before LF,
 * and its ^C is a key
 */
export async function runCommand(
  command: string,
  channel: ServerChannel,
  isTTY: boolean,
  user: SessionUser,
  shell: Shell,
): Promise<void> {
  const interrupted = new Promise<number>((resolve) => {
    channel
      .on('error', () => {})
      .on('data', (bytes: Buffer) => {
        if (isTTY && bytes.includes(CTRL_C)) resolve(INTERRUPTED)
      })
  })
  const repl = await loadRepl()
  const output = outputOf(channel, isTTY)
  const input = new PassThrough()
  const server = repl.start({ input, output, prompt: '', terminal: false, useColors: false })
  furnish(server, user, shell)
  const status = await new Promise<number>((resolve) => {
    channel.once('close', () => resolve(1))
    void interrupted.then(resolve)
    // The REPL shows an error itself, and its prompt after that.
    server.displayPrompt = () => resolve(1)
    const failed = (error: unknown): void => {
      const thrown = error instanceof repl.Recoverable ? String(error.err) : inspect(error)
      output.write(`Uncaught ${thrown}\n`)
      resolve(1)
    }
    server.eval(`${command}\n`, server.context, 'ssh', async (error, result) => {
      if (error !== null) return failed(error)
      try {
        // Nobody is there to look at a promise.
        const value: unknown = await result
        if (value !== undefined) {
          output.write(`${typeof value === 'string' ? value : inspect(value)}\n`)
        }
        resolve(0)
      } catch (reason) {
        failed(reason)
      }
    })
  })
  server.displayPrompt = () => {}
  server.close()
  letGo(server)
  if (!channel.writable) return
  channel.exit(status)
  channel.end()
}

/** Where the REPL shows things; errors, which begin with `Uncaught`, are shown apart. */
function outputOf(channel: ServerChannel, isTTY: boolean): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const text = chunk.toString()
      const to = text.startsWith('Uncaught') ? channel.stderr : channel
      if (channel.writable) to.write(isTTY ? text.replace(/\r?\n/g, '\r\n') : text)
      done()
    },
  })
}
