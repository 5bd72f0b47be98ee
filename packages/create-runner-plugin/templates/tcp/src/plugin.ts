/** Greets whoever connects, and hangs up. */
import { defineServiceMaker, listenOptions, listenService, log } from 'runnerd'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Greets whoever connects.',
  options: {
    ...listenOptions({ port: 7000, timeout: 60 }),
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService(options) {
    const { name } = options
    return listenService(options, (socket) => {
      log.msg(`greeting ${name}`)
      socket.end(`hello ${name}\n`)
    })
  },
})
