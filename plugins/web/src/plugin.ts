/** The web server: the files of a directory, or any app of Node. */
import { defineServiceMaker, UsageError } from 'runnerd'
import { webOptions } from './web-options.ts'

const HINT = 'runner web --path DIR, or runner web --app MODULE'

export const web = defineServiceMaker({
  tapname: 'web',
  description: 'A web server, for files or for an app.',
  options: webOptions,
  postOptions({ path, app }) {
    if (path === undefined && app === undefined) {
      throw new UsageError('option --path or --app is required', { hint: HINT })
    }
    // As a variable has it that was not set: it doesn't mean the working directory.
    for (const [name, value] of Object.entries({ path, app })) {
      if (value === '') throw new UsageError(`option --${name} is empty`, { hint: HINT })
    }
  },
  // What a server needs is loaded by those who have one, and not to draw its help.
  makeService: async (options) => {
    const { makeWebService } = await import('./web-service.ts')
    return await makeWebService(options)
  },
})
