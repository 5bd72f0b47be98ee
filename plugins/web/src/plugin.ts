/** The web server: the files of a directory, or any app of Node. */
import { defineServiceMaker, UsageError } from 'runnerd'
import { webOptions } from './web-options.ts'

export const web = defineServiceMaker({
  tapname: 'web',
  description: 'A web server, for files or for an app.',
  options: webOptions,
  postOptions({ path, app }) {
    if (path === undefined && app === undefined) {
      throw new UsageError('option --path or --app is required', {
        hint: 'runner web --path DIR, or runner web --app MODULE',
      })
    }
  },
  // What a server needs is loaded by those who have one, and not to draw its help.
  makeService: async (options) => {
    const { makeWebService } = await import('./web-service.ts')
    return await makeWebService(options)
  },
})
