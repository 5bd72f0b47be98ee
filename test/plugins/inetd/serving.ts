import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from '../../helpers/free-port.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { type Daemon, daemon } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'

/** Where a daemon finds the plugin. */
export const env: NodeJS.ProcessEnv = { RUNNER_PLUGIN_PATH: ourPlugins }

/** Who runs the tests, as a line of the file names him. */
export const me: string = `${process.getuid?.()}`

/** A daemon that serves a file. */
export interface Served extends Daemon {
  readonly cwd: string
  readonly conf: string
  /** Waits until its log matches. */
  logged(pattern: RegExp): Promise<RegExpExecArray>
}

/** Writes a file, and has a daemon serve it, on localhost where it says nothing else. */
export async function serve(
  t: TestContext,
  lines: readonly string[],
  args: readonly string[] = [],
  options: readonly string[] = [],
): Promise<Served> {
  const cwd = tempDir(t)
  // Programs of other users come here.
  chmodSync(cwd, 0o755)
  const conf = join(cwd, 'inetd.conf')
  writeFileSync(conf, ['127.0.0.1:', ...lines, ''].join('\n'))
  const words = ['--log-level', 'debug', ...options, 'inetd', '-f', 'inetd.conf', ...args]
  const started = await daemon(t, words, { cwd, env })
  return {
    ...started,
    cwd,
    conf,
    logged: (pattern) => waitFor(started.logfile, () => pattern.exec(started.log()) ?? undefined),
  }
}

/** So many ports that nobody has. */
export async function ports(count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) found.add(await freePort())
  return [...found]
}

/** A client that reads when it is asked to. */
export class Client {
  readonly socket: Socket
  #heard = ''
  readonly #closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.socket = socket
    this.#closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#heard += text
    })
  }

  static async connect(t: TestContext, port: number, host = '127.0.0.1'): Promise<Client> {
    const client = new Client(connect({ port, host, allowHalfOpen: true }))
    t.after(() => client.socket.destroy())
    await once(client.socket, 'connect')
    return client
  }

  /** Waits until it has heard that. */
  async hears(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#heard)
      if (match !== null) return match
      if (this.socket.closed) throw new Error(`closed after ${JSON.stringify(this.#heard)}`)
      await Promise.race([once(this.socket, 'data'), this.#closed])
    }
  }

  /** All that it hears until it is hung up on; its own side it closes with `text`. */
  async rest(text?: string): Promise<string> {
    if (text !== undefined) this.socket.end(text)
    this.socket.on('end', () => this.socket.end())
    await this.#closed
    return this.#heard
  }
}

/** Connects, says something, and reads until it is hung up on. */
export async function talk(t: TestContext, port: number, text?: string): Promise<string> {
  return (await Client.connect(t, port)).rest(text)
}
