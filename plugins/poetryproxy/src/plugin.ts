/** A proxy for a poetry server: it fetches the poem once and serves it from memory. */
import { defineServiceMaker, MultiService, TCPServer } from 'runnerd'
import { ProxyFactory } from './proxy-factory.ts'
import { ProxyService } from './proxy-service.ts'

export const poetryproxy = defineServiceMaker({
  tapname: 'poetryproxy',
  description: 'Serves the poem of another poetry server.',
  options: {
    port: {
      alias: 'p',
      type: 'number',
      default: 10001,
      describe: 'The port number to listen on.',
    },
    iface: { type: 'string', default: 'localhost', describe: 'The interface to listen on.' },
    'upstream-host': {
      type: 'string',
      default: 'localhost',
      describe: 'The host of the poetry server.',
    },
    'upstream-port': {
      type: 'number',
      default: 10000,
      describe: 'The port of the poetry server.',
    },
  },
  makeService(options) {
    const top = new MultiService()
    const proxy = new ProxyService(options.upstreamHost, options.upstreamPort)
    proxy.setServiceParent(top)
    const server = new TCPServer(options.port, new ProxyFactory(proxy), {
      interface: options.iface,
    })
    server.setServiceParent(top)
    return top
  },
})
