import { defineServiceMaker, UDPServer } from 'runnerd'

export const echoing = defineServiceMaker({
  tapname: 'echoing',
  description: 'Sends every datagram back.',
  options: {
    on: {
      type: 'string',
      endpoint: 'datagram',
      demandOption: true,
      describe: 'Where it receives.',
    },
  },
  makeService: ({ on }) =>
    new UDPServer(on, (data, from, socket) => socket.send(data, from.port, from.address)),
})
