/**
 * The fast poetry server, version 3.0: a plugin. Version 2.0 is the tac file
 * beside it.
 */
import {
  defineServiceMaker,
  listenOptions,
  listenService,
  MultiService,
  quoteStringArgument,
  UsageError,
} from 'runnerd'
import { PoetryFactory } from './poetry-factory.ts'
import { PoetryService } from './poetry-service.ts'

const PORT = 10000

/** In seconds: who has taken nothing of the poem for so long has gone away. */
const TIMEOUT = 60

const { port: _port, ...listening } = listenOptions({ port: PORT, timeout: TIMEOUT })

export const fastpoetry = defineServiceMaker({
  tapname: 'fastpoetry',
  description: 'A fast poetry service.',
  options: {
    port: {
      alias: 'p',
      type: 'number',
      defaultDescription: String(PORT),
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
    ...listening,
  },
  postOptions(options) {
    if ((options.port2 === undefined) !== (options.poem2 === undefined)) {
      throw new UsageError('options --port2 and --poem2 come together')
    }
    checkPort('port', options.port)
    checkPort('port2', options.port2)
  },
  makeService(options) {
    const top = new MultiService()
    const serve = (listen: string[], poem: string): void => {
      const poetry = new PoetryService(poem)
      poetry.setServiceParent(top)
      const places = { ...options, port: undefined, listen }
      void listenService(places, new PoetryFactory(poetry)).setServiceParent(top)
    }
    const at = (port: number | undefined): string[] =>
      port === undefined ? [] : [`tcp:${port}:interface=${quoteStringArgument(options.iface)}`]
    const { listen = [], port = listen.length > 0 ? undefined : PORT } = options
    serve([...listen, ...at(port)], options.poem)
    if (options.poem2 !== undefined) serve(at(options.port2), options.poem2)
    return top
  },
})

function checkPort(name: string, port = 0): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return
  throw new UsageError(`cannot use --${name} ${port}: it must be a whole number from 0 to 65535`)
}
