import { connect } from 'node:net'
import { log, Service } from 'runnerd'

/** Fetches the poem from another poetry server, once, when the first client asks for it. */
export class ProxyService extends Service {
  readonly #host: string
  readonly #port: number
  #poem: Promise<Buffer> | undefined

  constructor(host: string, port: number) {
    super()
    this.#host = host
    this.#port = port
  }

  /** The poem; one that could not be fetched is asked for again the next time. */
  getPoem(): Promise<Buffer> {
    this.#poem ??= this.#fetch()
    this.#poem.catch(() => {
      this.#poem = undefined
    })
    return this.#poem
  }

  override async stopService(): Promise<void> {
    this.#poem = undefined
    await super.stopService()
  }

  async #fetch(): Promise<Buffer> {
    log.msg(`fetching a poem from ${this.#host}:${this.#port}`)
    const socket = connect(this.#port, this.#host)
    // An upstream that falls silent must not hold up everyone for good.
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer for 10 seconds')))
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
}
