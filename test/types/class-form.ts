// Twisted's form: an `Options` class, and a class that makes the service.
import {
  defineServiceMaker,
  type IPlugin,
  type IService,
  type IServiceMaker,
  MultiService,
  Options,
  type OptionsOf,
  ServiceMaker,
} from 'runnerd'
import { same } from './same.ts'

class PoetryOptions extends Options {
  override optParameters = [
    ['port', 'p', 10000, 'The port number to listen on.'],
    ['poem', null, null, 'The file containing the poem.'],
    ['seconds', null, '5', 'How long.', (text: string): number => Number(text)],
    ['bare'],
  ] as const
  override optFlags = [['loud', 'l', 'In capitals.'], ['quiet']] as const

  override async postOptions(): Promise<void> {}
}

same<OptionsOf<typeof PoetryOptions>, PoetryOptions>()

class PoetryMaker implements IServiceMaker {
  readonly tapname = 'poetry'
  readonly description = 'A poetry service.'
  readonly options = PoetryOptions

  makeService(options: PoetryOptions): IService {
    options.port
    return new MultiService()
  }
}

const makers: IServiceMaker[] = [
  new PoetryMaker(),
  new ServiceMaker('Poetry', 'poetry/tap.js', 'A poetry service.', 'poetry'),
  defineServiceMaker({
    tapname: 'poetry',
    description: 'A poetry service.',
    options: PoetryOptions,
    makeService(options) {
      same<typeof options, PoetryOptions>()
      return new MultiService()
    },
  }),
  // An object that has the members is one too.
  { tapname: 'plain', description: 'Plain.', makeService: () => new MultiService() },
  {
    tapname: 'later',
    description: 'Has its options later.',
    options: Promise.resolve(PoetryOptions),
    makeService: async () => new MultiService(),
  },
]
const plugins: IPlugin[] = makers
plugins.length
