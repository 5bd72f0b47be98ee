import { connect, type Socket } from 'node:net'

/** The last line of a reply is the one without `-` after its code. */
const REPLY = /^(\d{3}) .*$/m

/** A control connection of FTP, on which a test says what no client would. */
export class FTPTalk {
  readonly socket: Socket
  /** What it asks for data connections by. */
  passive: 'EPSV' | 'PASV' = 'EPSV'
  /** All that has come. */
  all = ''
  #unread = ''
  #isClosed = false
  readonly #waiting = new Set<() => void>()

  constructor(port: number, host = '127.0.0.1', socket: Socket = connect(port, host)) {
    this.socket = socket
    this.socket.on('error', () => {})
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      this.all += text
      this.#unread += text
      for (const look of this.#waiting) look()
    })
    this.socket.on('close', () => {
      this.#isClosed = true
      for (const look of this.#waiting) look()
    })
  }

  /** Connects and logs in. */
  static async login(port: number, name = 'anonymous', password = 'me@'): Promise<FTPTalk> {
    const talk = new FTPTalk(port)
    await talk.reply()
    await talk.say(`USER ${name}`)
    await talk.say(`PASS ${password}`)
    return talk
  }

  /** Sends a command, and gives its reply. */
  async say(command: string): Promise<string> {
    this.socket.write(`${command}\r\n`)
    return await this.reply()
  }

  /** The next reply, its last line only; `closed` if there is none any more. */
  async reply(): Promise<string> {
    return await new Promise((resolve) => {
      const look = (): void => {
        const match = REPLY.exec(this.#unread)
        const isWhole = match !== null && this.#unread.indexOf('\n', match.index) !== -1
        if (!isWhole && !this.#isClosed) return
        this.#waiting.delete(look)
        if (isWhole) this.#unread = this.#unread.slice(this.#unread.indexOf('\n', match.index) + 1)
        resolve(isWhole ? match[0].trimEnd() : 'closed')
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Asks for a data connection, and makes it. */
  async data(): Promise<Socket> {
    const reply = await this.say(this.passive)
    const [, high = 0, low] = /(\d+)(?:,(\d+)|\|)\)/.exec(reply) ?? []
    const port = low === undefined ? Number(high) : Number(high) * 256 + Number(low)
    return await new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', reject)
      socket.on('connect', () => resolve(socket))
    })
  }

  /** What a command sends over a data connection, and the replies around it. */
  async fetch(command: string): Promise<{ data: Buffer; replies: string[] }> {
    const socket = await this.data()
    const first = await this.say(command)
    if (!first.startsWith('1')) {
      socket.destroy()
      return { data: Buffer.alloc(0), replies: [first] }
    }
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return { data: Buffer.concat(chunks), replies: [first, await this.reply()] }
  }

  /** Sends data, and gives the replies around it. */
  async send(command: string, data: string | Buffer): Promise<string[]> {
    const socket = await this.data()
    const first = await this.say(command)
    socket.end(data)
    if (!first.startsWith('1')) return [first]
    const last = await this.reply()
    socket.destroy()
    return [first, last]
  }

  close(): void {
    this.socket.destroy()
  }
}
