/**
 * What runner does otherwise than twistd on purpose, in the words that its
 * README has for it under "Differences from Twisted", each with a reason.
 */
export const differences = {
  usage: 'A usage error is one line on stderr, status 64',
  abbreviations: 'Abbreviated options are refused',
  dashes: 'A value that begins with `-` is written `--option=-value`',
  senseless: 'What Node has no sense for is refused',
  nothing: 'Without a plugin or `--tac` nothing runs',
  both: '`--tac` with a plugin is refused',
  statuses: 'Exit statuses are those of sysexits',
  line: 'An error is one line for the operator',
  late: '`makeService` runs in the daemon, when its log is open',
  leader: 'A daemon leads its session',
  control: 'A control socket is beside the pid file',
  rundir: 'A run directory that is not there is found before anything is done',
  undone: 'A start that fails stops what it had started',
  died: 'A daemon that dies while it starts is said to have died',
  interrupted: 'A signal during the start stops what was started',
  along: 'Whoever gives up waiting takes the daemon along',
  removed: 'The pid file is removed on every way out',
  hindered: 'A pid file that stands in the way is status 75 or 78',
  stale: 'A pid file is stale when its process is gone, a zombie, or younger than the file',
  quietly: 'A stale pid file is mentioned in the log only',
  garbage: '0 and -1 in a pid file are garbage',
  graceful: 'QUIT and USR2 stop in order',
  reload: 'HUP reloads',
  ignored: 'Signals that were ignored before are heard',
  second: 'A second signal ends a stop at once',
  inTurn: 'Services are stopped one after another',
  deadline: 'A stop has a deadline, `--stop-timeout`',
  uncaught: 'An error that nobody caught ends the run',
  marks: "The log's own lines are marked `[-]`",
  upward: 'Rotated logs are numbered upward',
  usr1: 'SIGUSR1 does nothing when the log is stdout',
  shed: 'After privileges are shed the pid file still goes and the log still rotates',
  shadowed: 'A shadowed plugin is listed',
  broken: 'A broken plugin is one line on stderr',
  imports: 'A list or a help text imports no plugin',
  inRoot: 'After `--chroot` relative paths are meant in the new root',
  profile: 'A profile is one of V8, and its file is opened at the start',
  monitored: 'procmon has ended its programs when it has stopped',
  sameFile: 'Dropins of one file name in two directories are both found',
} as const

/** The words of one difference. */
export type Difference = (typeof differences)[keyof typeof differences]
