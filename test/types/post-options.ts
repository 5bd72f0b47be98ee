// What `postOptions` returns is what `makeService` receives.
import { defineServiceMaker, MultiService, UsageError } from 'runnerd'
import { same } from './same.ts'

const options = { port: { type: 'number', default: 7000 } } as const

defineServiceMaker({
  tapname: 'checks',
  description: 'Checks, and returns nothing.',
  options,
  postOptions(options) {
    same<typeof options, { port: number }>()
    if (options.port === 0) throw new UsageError('option --port is not 0', { hint: 'take 1' })
  },
  makeService(options) {
    same<typeof options, { port: number }>()
    return new MultiService()
  },
})

defineServiceMaker({
  tapname: 'replaces',
  description: 'Returns something else.',
  options,
  postOptions: ({ port }) => ({ port, url: new URL(`http://localhost:${port}/`) }),
  makeService(options) {
    same<typeof options, { port: number; url: URL }>()
    return new MultiService()
  },
})

defineServiceMaker({
  tapname: 'awaits',
  description: 'Returns a promise.',
  options,
  postOptions: async ({ port }) => ({ port, key: 'k' }),
  async makeService(options) {
    same<typeof options, { port: number; key: string }>()
    return new MultiService()
  },
})

defineServiceMaker({
  tapname: 'waits',
  description: 'Returns a promise of nothing.',
  options,
  async postOptions(options) {
    same<typeof options, { port: number }>()
  },
  makeService(options) {
    same<typeof options, { port: number }>()
    return new MultiService()
  },
})
