/** Does something every so many seconds. */
import { defineServiceMaker, log, TimerService, UsageError } from 'runnerd'

export const maker = defineServiceMaker({
  tapname: '{{tapname}}',
  description: 'Greets the log every so many seconds.',
  options: {
    interval: { alias: 'i', type: 'number', default: 60, describe: 'Seconds between greetings.' },
    name: { type: 'string', default: 'world', describe: 'Whom to greet.' },
  },
  postOptions({ interval }) {
    if (!(interval > 0)) throw new UsageError('option --interval must be more than 0')
  },
  makeService({ interval, name }) {
    let times = 0
    return new TimerService(interval, () => log.msg(`hello ${name} (${++times})`))
  },
})
