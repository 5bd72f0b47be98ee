/** The web server: the files of a directory, or any app of Node. */
import { defineServiceMaker, UsageError } from 'runnerd'
import { webOptions } from './web-options.ts'

const HINT = 'runner web --path DIR, or runner web --app MODULE'

export const web = defineServiceMaker({
  tapname: 'web',
  description: 'A web server, for files or for an app.',
  options: webOptions,
  postOptions({ path, app, 'access-log': accessLog, 'trust-proxy': proxies }) {
    if (path === undefined && app === undefined) {
      throw new UsageError('option --path or --app is required', { hint: HINT })
    }
    // As a variable has it that was not set: it doesn't mean the working directory.
    for (const [name, value] of Object.entries({ path, app })) {
      if (value === '') throw new UsageError(`option --${name} is empty`, { hint: HINT })
    }
    if (accessLog === '') {
      throw new UsageError('option --access-log is empty', { hint: '--access-log off is none' })
    }
    // It is easily taken for what the app itself is to believe.
    if (app !== undefined && accessLog === undefined && proxies !== undefined) {
      throw new UsageError('option --trust-proxy with --app needs --access-log too', {
        hint: 'it is for the access log; what an app believes of a proxy is a setting of its framework',
      })
    }
  },
  // What a server needs is loaded by those who have one, and not to draw its help.
  makeService: async (options) => {
    const { makeWebService } = await import('./web-service.ts')
    return await makeWebService(options)
  },
})
