import { existsSync } from 'node:fs'
import { defineServiceMaker, HTTPServer, log, MultiService, Service } from 'runnerd'

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** Is in the moods that have a file in its directory. */
export class Moody extends Service {
  #dir

  constructor(dir = '/run/moods') {
    super()
    this.#dir = dir
  }

  async startService() {
    await super.startService()
    if (this.#isIn('failing')) throw new Error('it is not in the mood')
    if (this.#isIn('leaving')) process.exit(9)
    if (this.#isIn('hanging')) await sleep(60)
    while (this.#isIn('waiting')) await sleep(0.1)
    if (this.#isIn('slow')) await sleep(2)
  }

  async stopService() {
    if (this.#isIn('slow')) await sleep(2)
    log.msg(`moody has stopped in ${process.pid}`)
    await super.stopService()
  }

  #isIn(mood) {
    return existsSync(`${this.#dir}/${mood}`)
  }
}

/** Says which process it is. */
async function answer(request, response) {
  if (request.url === '/levels') {
    log.debug('at debug')
    log.msg('at info\nin two lines')
    log.warn('at warning')
    log.err(new Error('at error'))
    log.critical('at critical')
  }
  response.end(String(process.pid))
}

export const moody = defineServiceMaker({
  tapname: 'moody',
  description: 'Misbehaves as it is told.',
  options: { port: { type: 'number', demandOption: true, describe: 'The port to listen on.' } },
  makeService({ port }) {
    const top = new MultiService()
    new HTTPServer(port, answer, { interface: '127.0.0.1' }).setServiceParent(top)
    new Moody().setServiceParent(top)
    return top
  },
})
