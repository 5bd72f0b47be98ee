/** A debugging shell into the daemon, over telnet and SSH. */
import { defineServiceMaker } from 'runnerd'
import { checkOptions } from './check-options.ts'
import { telnetOptions } from './plugin-options.ts'

export const telnet = defineServiceMaker({
  tapname: 'telnet',
  description: 'A simple, telnet-based remote debugging service.',
  options: telnetOptions,
  postOptions: checkOptions,
  // What a service needs is loaded by those who have one, and not to draw the help.
  makeService: async (options) => {
    const { TelnetService } = await import('./telnet-service.ts')
    return await TelnetService.make(options)
  },
})
