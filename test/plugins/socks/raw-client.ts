import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { inTime } from './in-time.ts'

/** A client that says what it is told to, byte for byte. */
export class RawClient {
  readonly socket: Socket
  #unread = Buffer.alloc(0)
  #isOver = false
  #changed = (): void => {}

  static async connect(t: TestContext, port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket.on('error', () => {})
    socket.on('data', (data) => {
      this.#unread = Buffer.concat([this.#unread, data])
      this.#changed()
    })
    const over = (): void => {
      this.#isOver = true
      this.#changed()
    }
    socket.on('end', over).on('close', over)
  }

  send(...bytes: (number | string | Uint8Array)[]): void {
    this.socket.write(bytesOf(...bytes))
  }

  /** The next bytes; fewer if it is hung up on before. */
  async read(count: number): Promise<Buffer> {
    const missing = (): string => {
      const wanted = count === Number.POSITIVE_INFINITY ? 'the end' : `${count} bytes`
      return `${wanted} after ${this.#unread.length} bytes, ${this.#unread.toString('hex', 0, 40)}`
    }
    while (this.#unread.length < count && !this.#isOver) {
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      await inTime(missing, changed)
    }
    const bytes = this.#unread.subarray(0, count)
    this.#unread = this.#unread.subarray(count)
    return bytes
  }

  /** All that comes before it is hung up on. */
  async rest(): Promise<Buffer> {
    return await this.read(Number.POSITIVE_INFINITY)
  }

  /** Logs in to SOCKS 5, and gives what it answers to that. */
  async greet(login?: readonly [name: string, password: string]): Promise<number[]> {
    this.send(5, 1, login === undefined ? 0 : 2)
    const method = [...(await this.read(2))]
    if (login === undefined || method[1] !== 2) return method
    const [name, password] = login
    this.send(1, name.length, name, password.length, password)
    return [...(await this.read(2))]
  }

  /** Asks SOCKS 5 for something, and gives what it answers. */
  async ask(command: number, host: string, port: number): Promise<Answer> {
    this.send(5, command, 0, address5(host, port))
    return await this.answer()
  }

  async answer(): Promise<Answer> {
    const head = await this.read(4)
    const isSix = head[3] === 4
    const bytes = await this.read(isSix ? 16 : 4)
    const port = (await this.read(2)).readUInt16BE()
    const host = isSix ? (bytes.toString('hex').match(/.{4}/g) ?? []).join(':') : bytes.join('.')
    return { version: head[0], code: head[1], host, port }
  }
}

export interface Answer {
  readonly version: number | undefined
  readonly code: number | undefined
  readonly host: string
  readonly port: number
}

/** An address as SOCKS 5 has it, a name if it is none. */
export function address5(host: string, port: number): Buffer {
  const family = isIP(host)
  if (family === 4) return bytesOf(1, ...host.split('.').map(Number), port16(port))
  if (family === 0) return bytesOf(3, Buffer.byteLength(host), host, port16(port))
  const groups = host.split(':').map((group) => Number.parseInt(group || '0', 16))
  if (groups.length !== 8) throw new Error(`write all of ${host}`)
  return bytesOf(4, ...groups.flatMap((group) => [group >> 8, group & 255]), port16(port))
}

export function port16(port: number): Buffer {
  return Buffer.from([port >> 8, port & 255])
}

export function bytesOf(...parts: (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  )
}
