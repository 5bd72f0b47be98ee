import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { stripVTControlCharacters } from 'node:util'
import { freePort } from '../../helpers/free-port.ts'
import { passwordLine } from '../../helpers/password-line.ts'
import { serving } from './plugins-at-work.ts'
import type { Row } from './row.ts'

export const manhole: readonly Row[] = [
  {
    row: 53,
    does: 'telnet asks for a name and a password, hides that, and evaluates what is typed',
    async observe(half) {
      const port = await freePort()
      const isOurs = half.program.name === 'runner'
      half.write('users', isOurs ? passwordLine('anna', 'tiger') : 'anna:tiger\n')
      chmodSync(half.path('users'), 0o600)
      const where = ['-t', `tcp:${port}:interface=127.0.0.1`, '-p', half.path('users')]
      await serving(half, port, {
        runner: ['telnet', '-p', String(port), '--password-file', half.path('users')],
        twistd: ['manhole', ...where],
      })
      const wrong = await Client.connect(port)
      await wrong.logIn('lion')
      const refused = await wrong.shows('Authentication failed')
      await wrong.shows('Username: ')
      wrong.close()
      const right = await Client.connect(port)
      await right.logIn('tiger')
      const login = await right.shows('> ')
      right.type('6 * 7')
      await right.shows('42')
      right.close()
      const isShown = refused.includes('lion') || login.includes('tiger')
      return { password: isShown ? 'shown' : 'hidden', typed: 'evaluated' }
    },
    same: { password: 'hidden', typed: 'evaluated' },
  },
]

const [WILL, WONT, DO, DONT, SB, SE, IAC] = [251, 252, 253, 254, 250, 240, 255]

/** A client of telnet that lets the server echo, and has no option itself. */
class Client {
  readonly #socket: Socket
  #shown = ''
  #look = (): void => {}

  static async connect(port: number): Promise<Client> {
    const client = new Client(port)
    await once(client.#socket, 'connect')
    return client
  }

  private constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').on('error', () => {})
    this.#socket.on('data', (data) => {
      this.#shown = stripVTControlCharacters(this.#shown + this.#textOf(data).toString('latin1'))
      this.#look()
    })
  }

  async logIn(password: string): Promise<void> {
    await this.shows('Username: ')
    this.type('anna')
    await this.shows('Password: ')
    this.type(password)
  }

  type(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /** Waits for a text, and gives what was shown before it. */
  async shows(text: string): Promise<string> {
    return await new Promise((resolve) => {
      this.#look = () => {
        const at = this.#shown.indexOf(text)
        if (at < 0) return
        const before = this.#shown.slice(0, at)
        this.#shown = this.#shown.slice(at + text.length)
        this.#look = () => {}
        resolve(before)
      }
      this.#look()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Answers what telnet has in between; neither server cuts it in two. */
  #textOf(data: Buffer): Buffer {
    const text: number[] = []
    for (let at = 0; at < data.length; at += 1) {
      if (data[at] !== IAC) {
        text.push(data[at] as number)
      } else if (data[at + 1] === SB) {
        at = data.indexOf(SE, at)
      } else {
        const [, verb = 0, option = 0] = data.subarray(at)
        const answer = verb === WILL ? DO : verb === WONT ? DONT : WONT
        if (verb !== DONT) this.#socket.write(Buffer.of(IAC, answer, option))
        at += 2
      }
    }
    return Buffer.from(text)
  }
}
