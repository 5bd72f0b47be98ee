import type { Socket } from 'node:net'
import {
  defineServiceMaker,
  type IServiceMaker,
  log,
  MultiService,
  Service,
  TCPServer,
} from 'runnerd'

/** What `hello` is made with. */
export interface HelloOptions {
  readonly port: number
  readonly name: string
  readonly greetWith: string
  readonly loud: boolean
  readonly v: number
  readonly friend: string[] | undefined
}

/** Greets whoever connects. */
export const hello: IServiceMaker = defineServiceMaker({
  tapname: 'hello',
  description: 'Says hello.',
  options: {
    port: { alias: 'p', type: 'number', default: 0 },
    name: { type: 'string', demandOption: true },
    'greet-with': { type: 'string', default: 'hello' },
    loud: { type: 'boolean', default: true },
    v: { type: 'count' },
    friend: { type: 'array' },
  },
  makeService(options) {
    const top = new MultiService()
    new Service().setServiceParent(top)
    const greet = (socket: Socket): void => {
      log.msg(`greeting ${options.name}`, { system: 'Hello' })
      socket.end(`hello ${options.name}\n`)
    }
    new TCPServer(options.port, greet, { interface: 'localhost' }).setServiceParent(top)
    return top
  },
})

/** A maker of one service that does nothing but what is given. */
export function makerOf(
  methods: Partial<Service>,
  more: Partial<IServiceMaker> = {},
): IServiceMaker {
  const makeService = (): Service => Object.assign(new Service(), methods)
  return { tapname: 'probe', description: 'A probe.', makeService, ...more }
}
