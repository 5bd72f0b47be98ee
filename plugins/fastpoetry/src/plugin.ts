/**
 * The fast poetry server, version 3.0: a plugin. Version 2.0 is the tac file
 * beside it.
 */
import { defineServiceMaker, MultiService, TCPServer, UsageError } from 'runnerd'
import { PoetryFactory } from './poetry-factory.ts'
import { PoetryService } from './poetry-service.ts'

export const fastpoetry = defineServiceMaker({
  tapname: 'fastpoetry',
  description: 'A fast poetry service.',
  options: {
    port: {
      alias: 'p',
      type: 'number',
      default: 10000,
      describe: 'The port number to listen on.',
    },
    poem: {
      type: 'string',
      normalize: true,
      demandOption: true,
      describe: 'The file containing the poem.',
    },
    iface: {
      type: 'string',
      default: 'localhost',
      describe: 'The interface to listen on.',
    },
    port2: { type: 'number', describe: 'The port number for a second poem.' },
    poem2: { type: 'string', normalize: true, describe: 'The file containing the second poem.' },
  },
  postOptions(options) {
    if ((options.port2 === undefined) !== (options.poem2 === undefined)) {
      throw new UsageError('options --port2 and --poem2 come together')
    }
  },
  makeService(options) {
    const top = new MultiService()
    const serve = (port: number, poem: string): void => {
      const poetry = new PoetryService(poem)
      poetry.setServiceParent(top)
      const server = new TCPServer(port, new PoetryFactory(poetry), { interface: options.iface })
      server.setServiceParent(top)
    }
    serve(options.port, options.poem)
    if (options.port2 !== undefined && options.poem2 !== undefined) {
      serve(options.port2, options.poem2)
    }
    return top
  },
})
