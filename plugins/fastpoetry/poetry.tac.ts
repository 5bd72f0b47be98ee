// The fast poetry server, version 2.0: a tac file.
//
//   runner --nodaemon --tac plugins/fastpoetry/poetry.tac.ts
//
// Run with node alone it makes the application and does nothing with it.
import { readFile } from 'node:fs/promises'
import {
  Application,
  log,
  MultiService,
  Protocol,
  ServerFactory,
  Service,
  TCPServer,
} from 'runnerd'

class PoetryProtocol extends Protocol<PoetryFactory> {
  override connectionMade(): void {
    const { poem } = this.factory.service
    log.msg(`sending ${poem.length} bytes of poetry to ${this.transport.getPeer()}`)
    this.transport.write(poem)
    this.transport.loseConnection()
  }
}

class PoetryFactory extends ServerFactory {
  override protocol = PoetryProtocol
  readonly service: PoetryService

  constructor(service: PoetryService) {
    super()
    this.service = service
  }
}

class PoetryService extends Service {
  poem: Buffer = Buffer.alloc(0)
  readonly #poetryFile: string

  constructor(poetryFile: string) {
    super()
    this.#poetryFile = poetryFile
  }

  override async startService(): Promise<void> {
    await super.startService()
    this.poem = await readFile(this.#poetryFile)
    log.msg(`loaded a poem from: ${this.#poetryFile}`)
  }
}

// Configuration parameters.
const port = 10000
const iface = 'localhost'
const poetryFile = 'poetry/ecstasy.txt'

// This will hold the services that combine to form the poetry server.
const topService = new MultiService()

// The poetry service holds the poem. It will load the poem when it is started.
const poetryService = new PoetryService(poetryFile)
poetryService.setServiceParent(topService)

// The TCP service connects the factory to a listening socket. It will create
// the listening socket when it is started.
const factory = new PoetryFactory(poetryService)
const tcpService = new TCPServer(port, factory, { interface: iface })
tcpService.setServiceParent(topService)

// This has to be exported under the name `application`.
export const application = new Application('fastpoetry')

// This hooks the collection we made to the application.
topService.setServiceParent(application)
