/** Keeps commands running that are not Node: a process each, started again when it ends. */
import { defineServiceMaker, UsageError } from 'runnerd'
import { commandOf } from './command.ts'
import { ProcessMonitor } from './process-monitor.ts'
import { readProcfile } from './read-procfile.ts'

export const procmon = defineServiceMaker({
  tapname: 'procmon',
  description: 'Keeps commands running, and logs what they print.',
  // Each would run all the commands.
  workers: false,
  options: {
    command: {
      positional: true,
      array: true,
      default: [],
      describe: 'the command to keep running, with its arguments.',
    },
    file: {
      type: 'string',
      normalize: true,
      describe: 'A Procfile: lines of the form "name: command", for several.',
    },
    threshold: {
      alias: 't',
      type: 'number',
      default: 1,
      describe: 'A process that ends within so many seconds has failed.',
    },
    killtime: {
      alias: 'k',
      type: 'number',
      default: 5,
      describe: 'How many seconds a process has to end before it is killed.',
    },
    minrestartdelay: {
      alias: 'm',
      type: 'number',
      default: 1,
      describe: 'Seconds until one that has failed is started again.',
    },
    maxrestartdelay: {
      alias: 'M',
      type: 'number',
      default: 3600,
      describe: 'What these grow to, twice as many with each failure.',
    },
    'ready-port': {
      type: 'number',
      describe: 'The start is over when this port of localhost accepts connections.',
    },
    'ready-notify': {
      type: 'boolean',
      default: false,
      describe: 'The start is over when each command has said READY=1 by sd_notify(3).',
    },
  },
  postOptions(options) {
    const { command, file, readyPort } = options
    for (const name of ['threshold', 'killtime', 'minrestartdelay', 'maxrestartdelay'] as const) {
      if (options[name] < 0 || options[name] > LONGEST) {
        throw new UsageError(
          `cannot use --${name} ${options[name]}: it must be from 0 to ${LONGEST} seconds`,
        )
      }
    }
    if (readyPort !== undefined && !(Number.isInteger(readyPort) && isPort(readyPort))) {
      throw new UsageError(
        `cannot use --ready-port ${readyPort}: it must be a whole number from 1 to 65535`,
      )
    }
    // A variable that isn't set makes an empty word.
    if (command[0] === '' || (command.length === 0 && file === undefined)) {
      throw new UsageError('there is no command', {
        hint: 'runner procmon -- COMMAND ARGUMENTS, or --file Procfile',
      })
    }
    if (command.length > 0 && file !== undefined) {
      throw new UsageError('cannot use --file with a command')
    }
  },
  makeService(options) {
    const [first, ...args] = options.command
    const commands =
      first === undefined ? readProcfile(options.file as string) : [commandOf([first, ...args])]
    return new ProcessMonitor(commands, {
      threshold: options.threshold,
      killTime: options.killtime,
      minRestartDelay: options.minrestartdelay,
      maxRestartDelay: options.maxrestartdelay,
      readyPort: options.readyPort,
      notifies: options.readyNotify,
    })
  },
})

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483

function isPort(number: number): boolean {
  return number > 0 && number < 65_536
}
