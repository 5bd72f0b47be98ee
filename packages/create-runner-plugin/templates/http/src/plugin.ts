/** Answers every HTTP request with a greeting. */
import { defineServiceMaker, listenHTTPService, listenOptions } from 'runnerd'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Answers HTTP requests with a greeting.',
  options: {
    ...listenOptions({ port: 8080, timeout: 60 }),
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  makeService(options) {
    return listenHTTPService(options, (_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.end(`hello ${options.name}\n`)
    })
  },
})
