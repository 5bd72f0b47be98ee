import type { OptionsSpec } from '@runnerd/options'

/** runner's own options, twistd's where Node has the thing. */
export const runnerOptions: OptionsSpec = {
  nodaemon: { alias: 'n', type: 'boolean', describe: 'Stay in the foreground; log to stdout.' },
  tac: {
    alias: 'y',
    type: 'string',
    describe: 'Run the application that FILE exports, in place of a plugin.',
  },
  logfile: {
    alias: 'l',
    type: 'string',
    describe: 'Log to FILE; - is stdout. [default: runner.log, or stdout with -n]',
  },
  logger: {
    type: 'string',
    describe: 'Log to what MODULE#EXPORT is: a winston transport, a logger, a function.',
  },
  syslog: { type: 'boolean', describe: 'Log to the syslog daemon, not to a file.' },
  prefix: { type: 'string', default: 'runner', describe: 'The name that syslog lines begin with.' },
  'log-format': {
    type: 'string',
    default: 'text',
    describe: 'How lines are written: text or json.',
  },
  'log-level': {
    type: 'string',
    describe:
      'The least serious level that is logged: critical, error, warn, info or debug. ' +
      '[default: info, or what --logger takes]',
  },
  'log-max-size': {
    type: 'string',
    default: '1000000',
    describe: 'Bytes at which the log is rotated, with k, M or G; 0 is never.',
  },
  'log-max-files': {
    type: 'number',
    default: 0,
    describe: 'How many rotated logs are kept; 0 is every one.',
  },
  rundir: {
    alias: 'd',
    type: 'string',
    default: '.',
    describe: 'Change to this directory before running.',
  },
  chroot: {
    type: 'string',
    describe: 'Change the root to this directory before running; for root only.',
  },
  pidfile: {
    type: 'string',
    describe:
      'Name of the pid file; an empty one disables it. ' +
      '[default: runner.pid, or none as the first process of a container]',
  },
  workers: {
    type: 'string',
    describe: 'Serve in N processes; auto is one for each processor there is.',
  },
  'worker-timeout': {
    type: 'number',
    default: 30,
    describe: 'Seconds after which a worker whose event loop stands still is replaced; 0 is never.',
  },
  uid: { alias: 'u', type: 'string', describe: 'The user to run as, by name or number.' },
  gid: { alias: 'g', type: 'string', describe: 'The group to run as, by name or number.' },
  euid: { type: 'boolean', describe: 'Set only the effective user and group.' },
  umask: {
    type: 'string',
    describe: 'The (octal) file creation mask to apply. [default: 077 for a daemon]',
  },
  debug: {
    alias: 'b',
    type: 'boolean',
    describe: "Open Node's inspector on the loopback interface; implies --nodaemon.",
  },
  profile: { alias: 'p', type: 'string', describe: 'Write a CPU profile of the run to FILE.' },
  originalname: { type: 'boolean', describe: "Don't change the process title." },
  'plugin-path': {
    type: 'string',
    array: true,
    describe: 'A plugins directory to search before all others; may be repeated.',
  },
  monitor: {
    type: 'string',
    describe:
      'Answer /livez, /readyz and /metrics on ENDPOINT, such as tcp:9464:interface=localhost.',
  },
  'start-timeout': {
    type: 'number',
    default: 60,
    describe: 'Seconds that a daemon may take to start.',
  },
  'drain-delay': {
    type: 'number',
    default: 0,
    describe: 'Seconds to serve on when a signal asks for the stop, while /readyz says no.',
  },
  'drain-timeout': {
    type: 'number',
    default: 30,
    describe: 'Seconds that open connections have to end after a reload.',
  },
  'stop-timeout': {
    type: 'number',
    default: 30,
    describe: 'Seconds that all services together may take to stop.',
  },
}

/** What twistd has and runner refuses, with the reason. */
export const refusedOptions: { readonly [name: string]: string } = {
  reactor: 'Node has one event loop and no other to choose',
  'help-reactors': 'Node has one event loop and no other to choose',
  encrypted: 'there are no pickled applications in Node; write a tac file',
  file: 'there are no pickled applications in Node; write a tac file and use --tac',
  source: 'there are no pickled applications in Node; write a tac file and use --tac',
  spew: 'Node cannot trace every line',
  savestats: 'Node writes profiles in one format',
  profiler: 'Node has one profiler',
  python: "it is called --tac here, as the file isn't Python",
}

const shortOf: { readonly [name: string]: string } = {
  reactor: 'r',
  encrypted: 'e',
  file: 'f',
  source: 's',
}

/** Those that take no value in twistd: a word after one is not its own. */
const refusedFlags: ReadonlySet<string> = new Set([
  'encrypted',
  'help-reactors',
  'savestats',
  'spew',
])

/** All that is recognized, the refused ones hidden from the help. */
export const recognizedOptions: OptionsSpec = {
  ...runnerOptions,
  ...Object.fromEntries(
    Object.keys(refusedOptions).map((name) => [
      name,
      {
        type: refusedFlags.has(name) ? 'boolean' : 'array',
        hidden: true,
        ...(shortOf[name] ? { alias: shortOf[name] } : {}),
      },
    ]),
  ),
  no_save: { alias: 'o', type: 'boolean', hidden: true },
}
