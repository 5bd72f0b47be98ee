// @ts-check
/** Greets whoever connects, and hangs up. */
import { defineServiceMaker, listenOptions, listenService, log } from 'runnerd'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Greets whoever connects.',
  options: {
    ...listenOptions({ port: 7000, timeout: 60 }),
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService: (options) => listenService(options, greeterOf(options.name)),
})

/**
 * @param {string} name
 * @returns {(socket: import('node:net').Socket) => void}
 */
function greeterOf(name) {
  return (socket) => {
    log.msg(`greeting ${name}`)
    socket.end(`hello ${name}\n`)
  }
}
