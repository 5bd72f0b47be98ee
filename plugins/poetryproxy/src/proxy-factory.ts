import { counted, log, Protocol, ServerFactory } from 'runnerd'
import type { ProxyService } from './proxy-service.ts'

/** Sends the upstream's poem to whoever connects; hangs up without one if there is none. */
export class ProxyProtocol extends Protocol<ProxyFactory> {
  #isLost = false

  override async connectionMade(): Promise<void> {
    // Who has ended what it sends, as `nc -N` does, waits for the poem all the same.
    this.transport.socket.allowHalfOpen = true
    const poem = await this.factory.service.getPoem().catch(() => undefined)
    // It may have taken a while.
    if (this.#isLost) return
    if (poem === undefined) {
      this.transport.abortConnection()
      return
    }
    log.msg(`sending ${counted(poem.length, 'byte')} of poetry to ${this.transport.getPeer()}`, {
      system: 'ProxyFactory',
    })
    this.transport.write(poem)
    this.transport.loseConnection()
  }

  override connectionLost(): void {
    this.#isLost = true
  }
}

/** Makes a protocol for each connection, and lends it the service. */
export class ProxyFactory extends ServerFactory {
  override protocol: typeof ProxyProtocol = ProxyProtocol
  readonly service: ProxyService

  constructor(service: ProxyService) {
    super()
    this.service = service
  }
}
