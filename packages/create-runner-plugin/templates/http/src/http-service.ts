import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { log, Service } from 'runnerd'

/** How many milliseconds a stop waits for requests that are being answered. */
const PATIENCE = 5000

/** A service that answers HTTP requests while it runs. */
export class HttpService extends Service {
  readonly #port: number
  readonly #iface: string
  readonly #listener: RequestListener
  #server: Server | undefined

  constructor(port: number, iface: string, listener: RequestListener) {
    super()
    this.#port = port
    this.#iface = iface
    this.#listener = listener
  }

  /** Where it listens, with the real number of port 0. */
  address(): { host: string; port: number } | undefined {
    const address = this.#server?.address() as AddressInfo | null | undefined
    return address ? { host: address.address, port: address.port } : undefined
  }

  /** Returns when the server listens; a port that can't be had fails the start. */
  override async startService(): Promise<void> {
    const server = createServer(this.#listener)
    server.listen(this.#port, this.#iface)
    await once(server, 'listening')
    this.#server = server
    log.msg(`serving HTTP on port ${this.address()?.port}`)
    await super.startService()
  }

  /** Takes no more requests, hangs up on idle clients, and waits for the others. */
  override async stopService(): Promise<void> {
    await super.stopService()
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    const late = setTimeout(() => server.closeAllConnections(), PATIENCE)
    await closed
    clearTimeout(late)
  }
}
