import { ExitStatus } from '../exit-status.ts'
import { startDeadline, stopDeadline } from '../export/deadlines.ts'
import type { ExportedListener } from '../export/exported-listener.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { nameOf } from '../plan.ts'
import { hardening } from './hardening.ts'
import type { SystemdValues } from './systemd-options.ts'
import {
  assignment,
  commandWord,
  listedPath,
  plainValue,
  specifiedAssignment,
  wholePath,
} from './unit-syntax.ts'

/** What another try doesn't mend: the command line, a file that is missing or not permitted. */
const FINAL = [
  ExitStatus.USAGE,
  ExitStatus.NOINPUT,
  ExitStatus.CANTCREAT,
  ExitStatus.NOPERM,
  ExitStatus.CONFIG,
  ExitStatus.GAVE_UP,
]

/** The first version with a delay that grows. */
const WITH_STEPS = 254

/** What runs, and where. */
export interface UnitPlace {
  readonly directory: string
  readonly node: string
  readonly runner: string
}

/** What has come of the run's own words. */
export interface UnitRun {
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** What it opens itself. */
  readonly opens: readonly ExportedListener[]
  /** Directories, and others that were named. */
  readonly writes: readonly string[]
  readonly hasSockets: boolean
  readonly readsHome: boolean
}

/** The unit of the service itself. */
export function serviceUnit(
  run: ExportedRun,
  options: SystemdValues & UnitPlace,
  unit: UnitRun,
): string {
  const { name, settings } = run
  const socket = `${name}.socket`
  return [
    ...section('Unit', [
      `Description=${plainValue(`${nameOf(run.source)}, run by runner`)}`,
      'Wants=network-online.target',
      `After=network-online.target${unit.hasSockets ? ` ${socket}` : ''}`,
      ...(unit.hasSockets ? [`Requires=${socket}`] : []),
      'StartLimitIntervalSec=0',
    ]),
    ...section('Service', [
      'Type=notify',
      'NotifyAccess=main',
      ...commands(run, options, unit),
      `TimeoutStartSec=${startDeadline(settings)}`,
      `TimeoutStopSec=${stopDeadline(settings)}`,
      ...(run.startsProcesses ? ['KillMode=mixed'] : []),
      ...(options.watchdog > 0 ? [`WatchdogSec=${options.watchdog}`] : []),
      'Restart=on-failure',
      ...restartDelay(options.systemd),
      `RestartPreventExitStatus=${FINAL.join(' ')}`,
      'StandardOutput=journal',
      'StandardError=journal',
      `SyslogIdentifier=${name}`,
      '',
      run.user === undefined ? 'DynamicUser=yes' : `User=${run.user}`,
      `RuntimeDirectory=${name}`,
      `StateDirectory=${name}`,
      `CacheDirectory=${name}`,
      ...hardening({
        readsHome: unit.readsHome,
        capabilities: unit.opens.some(isPrivileged) ? ['CAP_NET_BIND_SERVICE'] : [],
        writable: unit.writes.map(listedPath),
      }),
    ]),
    ...section('Install', [
      'WantedBy=multi-user.target',
      ...(unit.hasSockets ? [`Also=${socket}`] : []),
    ]),
  ]
    .join('\n')
    .trimStart()
}

function section(name: string, lines: readonly string[]): string[] {
  return [`[${name}]`, ...lines, '']
}

/** What is started, where, with which variables, and what reloads it. */
function commands(
  { name, command, settings, saysPidFile }: ExportedRun,
  { directory, node, runner }: UnitPlace,
  { words, environment }: UnitRun,
): string[] {
  const start = [
    commandWord(node, false),
    ...[...command.nodeOptions, runner].map((each) => commandWord(each)),
  ]
  const variables = Object.entries(environment)
  const own = settings.pidfile !== undefined && !saysPidFile
  return [
    `WorkingDirectory=${wholePath(directory)}`,
    ...(own ? [`Environment=${specifiedAssignment('RUNNER_PIDFILE', `%t/${name}/pid`)}`] : []),
    `Environment=${specifiedAssignment('RUNNER_CACHE_DIR', `%C/${name}`)}`,
    ...variables.map(([name, value]) => `Environment=${assignment(name, value)}`),
    `ExecStart=${[...start, ...words.map((each) => commandWord(each))].join(' ')}`,
    `ExecReload=${reload(start, settings.pidfile, own)}`,
  ]
}

/** `runner reload` has the true outcome; without a pid file there is no socket to ask. */
function reload(start: readonly string[], pidfile: string | undefined, own: boolean): string {
  if (pidfile === undefined) return '/bin/kill -HUP $MAINPID'
  const which = own ? [] : ['--pidfile', commandWord(pidfile)]
  return [...start, 'reload', ...which].join(' ')
}

/** A unit that fails again and again is started more and more seldom, and never given up. */
function restartDelay(version: number): string[] {
  if (version < WITH_STEPS) return ['RestartSec=5']
  return ['RestartSec=1', 'RestartSteps=6', 'RestartMaxDelaySec=60']
}

function isPrivileged({ port }: ExportedListener): boolean {
  return port !== undefined && port > 0 && port < 1024
}
