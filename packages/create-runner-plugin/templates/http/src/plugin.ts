/** Answers every HTTP request with a greeting. */
import { defineServiceMaker } from 'runnerd'
import { HttpService } from './http-service.ts'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Answers HTTP requests with a greeting.',
  options: {
    port: { alias: 'p', type: 'number', default: 8080, describe: 'The port number to listen on.' },
    iface: { type: 'string', default: '127.0.0.1', describe: 'The interface to listen on.' },
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService({ port, iface, name }) {
    return new HttpService(port, iface, (_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.end(`hello ${name}\n`)
    })
  },
})
