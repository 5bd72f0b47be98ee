import type { OptionsSpec } from '@runnerd/options'

/** What only this engine takes. */
export const systemdOptions: OptionsSpec = {
  socket: {
    alias: 's',
    type: 'boolean',
    describe: 'Have systemd open the sockets, and start it at the first connection.',
  },
  watchdog: {
    type: 'number',
    default: 60,
    describe: 'Seconds after which it is restarted whose event loop stands still; 0 is never.',
  },
  writable: {
    type: 'string',
    array: true,
    normalize: true,
    describe: 'A path that it may write to; may be repeated.',
  },
  directory: {
    type: 'string',
    normalize: true,
    defaultDescription: 'this one',
    describe: 'Where it runs.',
  },
  node: { type: 'string', normalize: true, describe: 'The Node that runs it. [default: this one]' },
  runner: {
    type: 'string',
    normalize: true,
    describe: 'The runner that it is run by. [default: this one]',
  },
  systemd: {
    type: 'number',
    default: 252,
    describe: 'The oldest version of systemd that is to read it.',
  },
}

/** Their values. */
export interface SystemdValues {
  readonly socket?: boolean
  readonly watchdog: number
  readonly writable?: readonly string[]
  readonly directory?: string
  readonly node?: string
  readonly runner?: string
  readonly systemd: number
}
