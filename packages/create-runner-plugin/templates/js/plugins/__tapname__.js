// @ts-check
/** Greets whoever connects, and hangs up. */
import { defineServiceMaker, log, TCPServer } from 'runnerd'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Greets whoever connects.',
  options: {
    port: { alias: 'p', type: 'number', default: 7000, describe: 'The port number to listen on.' },
    iface: { type: 'string', default: 'localhost', describe: 'The interface to listen on.' },
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService({ port, iface, name }) {
    const greet = greeterOf(name)
    return new TCPServer(port, greet, { interface: iface })
  },
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
