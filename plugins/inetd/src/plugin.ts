/** The internet super-server, by its inetd.conf. */
import { defineServiceMaker, log, UsageError } from 'runnerd'
import { Inetd } from './inetd.ts'
import { readConf } from './read-conf.ts'

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483

export const inetd = defineServiceMaker({
  tapname: 'inetd',
  description: 'Starts programs for those who connect, as inetd(8) does.',
  // Two that wait on one socket would both start a program for the same client.
  workers: false,
  options: {
    file: {
      alias: 'f',
      type: 'string',
      normalize: true,
      default: '/etc/inetd.conf',
      describe: 'What to serve.',
    },
    nointernal: {
      alias: 'i',
      type: 'boolean',
      describe: 'Leave out the internal services.',
    },
    rate: {
      alias: 'R',
      type: 'number',
      default: 256,
      describe:
        'How often a program may be started in a minute, if its line says nothing; 0 is any number.',
    },
    'max-connections': {
      type: 'number',
      default: 2000,
      describe: 'How many connections and programs there may be at a time; 0 is any number.',
    },
    timeout: {
      type: 'number',
      default: 600,
      describe: 'Internal services hang up after so many seconds without a byte; 0 is never.',
    },
    killtime: {
      alias: 'k',
      type: 'number',
      default: 5,
      describe: 'How many seconds programs have to end at a stop before they are killed.',
    },
    environment: {
      alias: 'E',
      type: 'boolean',
      describe: "Programs get all of runner's environment.",
    },
  },
  postOptions(options) {
    for (const name of ['rate', 'max-connections'] as const) {
      if (Number.isSafeInteger(options[name]) && options[name] >= 0) continue
      throw new UsageError(
        `cannot use --${name} ${options[name]}: it must be a whole number from 0`,
      )
    }
    for (const name of ['timeout', 'killtime'] as const) {
      if (options[name] >= 0 && options[name] <= LONGEST) continue
      throw new UsageError(
        `cannot use --${name} ${options[name]}: it must be from 0 to ${LONGEST} seconds`,
      )
    }
  },
  async makeService({ file, nointernal, rate, maxConnections, timeout, killtime, environment }) {
    const conf = await readConf(file)
    for (const { line, reason } of conf.remarks) {
      log.warn(`${file}, line ${line}: ${reason}`, { system: 'inetd' })
    }
    const entries = conf.entries.filter(({ server }) => !nointernal || server.kind === 'program')
    if (entries.length === 0) log.warn(`there is no service in ${file}`, { system: 'inetd' })
    const killTime = killtime
    const service = new Inetd(entries, {
      file,
      rate,
      maxConnections,
      timeout,
      killTime,
      environment,
    })
    service.checkUsers()
    return service
  },
})
