import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineServiceMaker, listenHTTPService, listenOptions, MultiService } from 'runnerd'
import { Moody } from './moody.mjs'
import { Starter } from './starter.mjs'

/** Tells of the process that answers, and does with it what it is asked to. */
function answer({ url }, response, words) {
  const tell = (told) => response.end(JSON.stringify(told))
  if (url === '/hang') for (;;);
  if (url === '/words') tell(words)
  else if (url === '/who') tell({ uid: process.getuid(), title: process.title })
  else if (url.startsWith('/write')) tell(written(decodeURI(url.slice('/write'.length))))
  else response.end(String(process.pid))
}

/** Whether a file could be written there, or in the directory of its state. */
function written(dir) {
  try {
    writeFileSync(join(dir || process.env.STATE_DIRECTORY, 'file'), 'written')
    return 'written'
  } catch (error) {
    return error.code
  }
}

export const exported = defineServiceMaker({
  tapname: 'exported',
  description: 'Is run by the unit that runner makes for it.',
  options: {
    ...listenOptions({ port: 8100 }),
    moods: { type: 'string', demandOption: true, describe: 'Where its moods are.' },
    starts: { type: 'boolean', describe: 'Start a program.' },
    word: { type: 'string', array: true, describe: 'What it tells; may be repeated.' },
  },
  makeService(options) {
    const top = new MultiService()
    const words = options.word ?? []
    const server = listenHTTPService(options, (request, response) =>
      answer(request, response, words),
    )
    server.setServiceParent(top)
    if (options.starts) new Starter().setServiceParent(top)
    new Moody(options.moods).setServiceParent(top)
    return top
  },
})
