// What the compiler must refuse.
import {
  Application,
  defineServiceMaker,
  type IServiceMaker,
  log,
  MultiService,
  Options,
  type OptionsSpec,
  Protocol,
  ServerFactory,
  Service,
  ServiceMaker,
  TCPServer,
  TimerService,
  UsageError,
} from 'runnerd'

const makeService = (): MultiService => new MultiService()

// @ts-expect-error it has no description
defineServiceMaker({ tapname: 'a', makeService })

// @ts-expect-error it makes nothing
defineServiceMaker({ tapname: 'a', description: 'A.' })

// @ts-expect-error the tapname is no string
defineServiceMaker({ tapname: 1, description: 'A.', makeService })

// @ts-expect-error what it makes is no service
defineServiceMaker({ tapname: 'a', description: 'A.', makeService: () => ({}) })

// @ts-expect-error there is no such type
const badType: OptionsSpec = { a: { type: 'integer' } }

// @ts-expect-error there is no such word
const badWord: OptionsSpec = { a: { requiresArg: true } }

// @ts-expect-error code belongs in postOptions
const code: OptionsSpec = { a: { coerce: Number } }

// @ts-expect-error a default is JSON
const badDefault: OptionsSpec = { a: { default: new Date() } }

defineServiceMaker({
  tapname: 'a',
  description: 'A.',
  options: { name: { type: 'string' }, level: { choices: ['low', 'high'], default: 'low' } },
  makeService(options) {
    // @ts-expect-error it may be undefined
    options.name.length
    // @ts-expect-error it is not one of the choices
    if (options.level === 'middle') throw new UsageError('never')
    return new MultiService()
  },
})

class BadParameters extends Options {
  // @ts-expect-error a parameter begins with its long name
  override optParameters = [[1, 'p']] as const
}

// @ts-expect-error it lacks makeService
class NoMaker implements IServiceMaker {
  readonly tapname = 'a'
  readonly description = 'A.'
}

class BadService extends Service {
  // @ts-expect-error a start returns nothing, or a promise of it
  override startService(): number {
    return 1
  }
}

class BadProtocol extends Protocol {
  // @ts-expect-error data is a Buffer
  override dataReceived(data: string): void {
    log.msg(data)
  }
}

// @ts-expect-error a name is needed
new Application()
// @ts-expect-error the port is a number
new TCPServer('80', new ServerFactory())
// @ts-expect-error pass a new one, not the class
new TCPServer(80, ServerFactory)
// @ts-expect-error there is no such option
new TCPServer(80, new ServerFactory(), { host: 'localhost' })
// @ts-expect-error the function needs its argument
new TimerService(1, (text: string) => text)
// @ts-expect-error it takes four
new ServiceMaker('A', 'a', 'A.')
// @ts-expect-error there is no such level
log.msg('text', { level: 'loud' })
// @ts-expect-error the system is a string
log.info('text', { system: 1 })
// @ts-expect-error it is read only
new UsageError('wrong').code = 'ERR_OTHER'
// @ts-expect-error a parent is a collection
new Service().setServiceParent(new Service())

export const unused: unknown[] = [badType, badWord, code, badDefault]
export const classes: unknown[] = [BadParameters, NoMaker, BadService, BadProtocol]
