/** An FTP server (RFC 959, 2228, 2389, 2428, 3659, 4217) for the files of a directory. */
import { defineServiceMaker } from 'runnerd'
import { ftpOptions } from './ftp-options.ts'

export const ftp = defineServiceMaker({
  tapname: 'ftp',
  description: 'An FTP server.',
  options: ftpOptions,
  // What a server needs is loaded by those who have one, and not to draw its help.
  makeService: async (options) => {
    const { makeFTPService } = await import('./ftp-service.ts')
    return makeFTPService(options)
  },
})
