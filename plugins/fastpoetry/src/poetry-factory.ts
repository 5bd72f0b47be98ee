import { counted, log, Protocol, ServerFactory } from 'runnerd'
import type { PoetryService } from './poetry-service.ts'

/** Sends the poem to whoever connects, and hangs up. */
export class PoetryProtocol extends Protocol<PoetryFactory> {
  override connectionMade(): void {
    const { poem } = this.factory.service
    log.msg(`sending ${counted(poem.length, 'byte')} of poetry to ${this.transport.getPeer()}`)
    this.transport.write(poem)
    this.transport.loseConnection()
  }
}

/** Makes a protocol for each connection, and lends it the service. */
export class PoetryFactory extends ServerFactory {
  override protocol: typeof PoetryProtocol = PoetryProtocol
  readonly service: PoetryService

  constructor(service: PoetryService) {
    super()
    this.service = service
  }
}
