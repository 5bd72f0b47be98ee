import { readWords, UsageError, variableName } from '@runnerd/options'
import { stopDeadline } from '../export/deadlines.ts'
import { isLoopback } from '../export/exported-listener.ts'
import { type ExportedRun, wordsOf } from '../export/exported-run.ts'
import { loopbackNotes } from '../export/loopback-note.ts'
import { recognizedOptions } from '../runner-options.ts'
import { APP, RUNNER } from './in-image.ts'
import { monitorPort } from './monitor-port.ts'
import { pathsOutside } from './paths-in-image.ts'

/** For how long a run that is about to stop still serves those who haven't heard, in seconds. */
const DRAIN_DELAY = 5

/** A run as a container is to have it. */
export interface ContainerRun {
  /** What is set besides what the run has from its own environment. */
  readonly environment: Readonly<Record<string, string>>
  /** The words after the command. */
  readonly words: readonly string[]
  /** What a probe runs. */
  readonly probe: readonly string[]
  /** What others may connect to: `10000/tcp`. */
  readonly ports: readonly ContainerPort[]
  /** In seconds. */
  readonly startDeadline: number
  /** Longer than until it ends by itself, whatever hangs, in seconds. */
  readonly stopDeadline: number
}

/** A port that something listens on, for others than its own container. */
export interface ContainerPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/**
 * Puts a run into a container: its log is JSON, its monitor is there for the probe, and
 * it stops only when those who send it work have heard of it. What the run says itself
 * stands.
 *
 * @param engine what the export is to, for an error
 * @throws UsageError for what no container has
 */
export function containerRun(run: ExportedRun, engine: string): ContainerRun {
  refuse(run, engine)
  const { settings, environment, saysPidFile } = run
  const said = (name: string): boolean => saysOption(run, name)
  // Nobody outside of the container asks it.
  const own = `tcp:${monitorPort(run)}:interface=127.0.0.1`
  const monitor = settings.monitor ?? own
  const drainDelay = said('drain-delay') ? settings.drainDelay : DRAIN_DELAY
  return {
    environment: {
      ...environment,
      ...(said('log-format') ? {} : { RUNNER_LOG_FORMAT: 'json' }),
      ...(settings.monitor === undefined ? { RUNNER_MONITOR: own } : {}),
      ...(said('drain-delay') ? {} : { RUNNER_DRAIN_DELAY: String(DRAIN_DELAY) }),
      // The first process is the engine's then.
      ...(run.startsProcesses && !saysPidFile ? { RUNNER_PIDFILE: '' } : {}),
    },
    words: wordsOf(run),
    probe: [...RUNNER, 'health', '--monitor', monitor],
    ports: portsOf(run),
    startDeadline: Math.ceil(settings.startTimeout),
    stopDeadline: stopDeadline({ ...settings, drainDelay }),
  }
}

/** What an operator should know of this run in any container. */
export function containerNotes(run: ExportedRun): string[] {
  const { name, settings, cwd } = run
  return [
    ...loopbackNotes(run),
    ...pathsOutside(run).map((path) => `the image has ${cwd} in ${APP}, and ${name} needs ${path}`),
    ...(settings.logfile === undefined
      ? []
      : [`${name} logs to ${settings.logfile}, which is gone with its container`]),
  ]
}

function refuse(run: ExportedRun, engine: string): void {
  const { settings, changesUser } = run
  const cannot = (reason: string, hint: string): UsageError =>
    new UsageError(`cannot export to ${engine}: ${reason}`, { hint })
  if (settings.chroot !== undefined) {
    throw cannot('a container has a root of its own', 'leave --chroot out')
  }
  if (settings.monitor === undefined && saysOption(run, 'monitor')) {
    throw cannot('its probe asks its monitor', 'leave the empty --monitor out')
  }
  if (changesUser) {
    throw cannot('it would change its user itself', 'leave that out, and say --user NAME before --')
  }
}

/** Whether the command line or the environment says so, and not a default. */
function saysOption({ ownWords, environment }: ExportedRun, name: string): boolean {
  const { given } = readWords(ownWords, recognizedOptions, true)
  return (
    given.some((each) => each.name === name) ||
    environment[variableName('RUNNER', name)] !== undefined
  )
}

function portsOf({ listeners }: ExportedRun): ContainerPort[] {
  const ports = listeners
    .filter((each) => !isLoopback(each))
    .flatMap(({ kind, port }) =>
      port === undefined || port === 0 || (kind !== 'tcp' && kind !== 'udp')
        ? []
        : [{ port, protocol: kind }],
    )
  const isFirst = (each: ContainerPort, index: number): boolean =>
    ports.findIndex((one) => one.port === each.port && one.protocol === each.protocol) === index
  return ports.filter(isFirst)
}
