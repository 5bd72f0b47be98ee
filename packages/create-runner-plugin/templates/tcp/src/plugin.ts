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
    const greeting = `hello ${name}\n`
    return new TCPServer(
      port,
      (socket) => {
        log.msg(`greeting ${name}`)
        socket.end(greeting)
      },
      { interface: iface },
    )
  },
})
