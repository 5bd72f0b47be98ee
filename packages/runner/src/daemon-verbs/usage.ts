import type { OptionSpec, OptionsSpec } from '@runnerd/options'
import type { DaemonVerbName } from './names.ts'

const path = { type: 'string', normalize: true } as const

/** No path: an empty one would be the directory by then. */
const output = { type: 'string', describe: 'The file to write; - is stdout.' } as const

const pidfile: OptionSpec = {
  type: 'string',
  defaultDescription: 'runner.pid',
  describe: 'The pid file of the daemon.',
}

const worker: OptionSpec = {
  type: 'number',
  describe: 'Which worker, where there are several; else the first.',
}

/** What each verb does and takes: for its help, for completion, and to be parsed by. */
export const verbUsage: {
  readonly [name in DaemonVerbName]: { readonly describe: string; readonly options: OptionsSpec }
} = {
  status: {
    describe: 'Show how your daemons are, or the one with a pid file.',
    options: {
      pidfile: { type: 'string', describe: 'Only the daemon with this pid file.' },
      all: {
        type: 'boolean',
        conflicts: 'pidfile',
        describe: 'Show all your daemons as a table, a line for each.',
      },
      json: { type: 'boolean', describe: 'Print JSON.' },
    },
  },
  top: {
    describe: 'Watch all your daemons: a table that is drawn anew as they go on.',
    options: {
      interval: {
        type: 'number',
        defaultDescription: '2, or 1 with --once',
        describe: 'How many seconds are between two looks.',
      },
      once: { type: 'boolean', describe: 'Print the table after two looks; needs no terminal.' },
    },
  },
  stop: { describe: 'Stop a daemon, and wait until it is gone.', options: { pidfile } },
  reload: {
    describe: 'Put a new process in place of a daemon, and lose no connection.',
    options: { pidfile },
  },
  logs: {
    describe: "Show the end of a daemon's log.",
    options: {
      lines: { alias: 'n', type: 'number', default: 10, describe: 'How many lines.' },
      follow: { alias: 'f', type: 'boolean', describe: 'Go on as the log grows.' },
      pidfile,
      logfile: { ...path, describe: 'Read this log, and ask no daemon.' },
    },
  },
  debug: {
    describe: "Open a daemon's inspector on the loopback interface.",
    options: { worker, pidfile },
  },
  profile: {
    describe: 'Record what a daemon does with its time, as a .cpuprofile.',
    options: {
      seconds: { type: 'number', default: 10, describe: 'For how long.' },
      output: {
        ...output,
        defaultDescription: 'runner-PID-TIME.cpuprofile',
      },
      worker,
      pidfile,
    },
  },
  heap: {
    describe: "Write a snapshot of a daemon's heap; the daemon stands still meanwhile.",
    options: {
      output: {
        ...output,
        defaultDescription: 'runner-PID-TIME.heapsnapshot',
      },
      worker,
      pidfile,
    },
  },
  health: {
    describe: 'Say whether a daemon is ready; for the probe of a container.',
    options: {
      monitor: {
        type: 'string',
        describe: 'Ask on this endpoint, as --monitor names it to the run.',
      },
      pidfile,
    },
  },
}
