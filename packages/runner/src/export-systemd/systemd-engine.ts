import { resolve } from 'node:path'
import { UsageError } from '@runnerd/options'
import type { Engine } from '../export/engine.ts'
import { monitorOf } from '../export/exported-listener.ts'
import { type ExportedRun, wordsOf } from '../export/exported-run.ts'
import { canRequireKoffi } from '../libc.ts'
import { isInHome, isOwn, isTemporary, readPaths, writtenPaths } from './needed-paths.ts'
import { passedSockets } from './passed-sockets.ts'
import { serviceUnit } from './service-unit.ts'
import { socketUnit } from './socket-unit.ts'
import type { SystemdValues } from './systemd-options.ts'

/** Makes the units of a run for systemd as it is in Debian 12, and later ones. */
export const systemd: Engine = (run, options) => {
  const values = options as unknown as SystemdValues
  refuse(run, values)
  const sockets = values.socket ? passedSockets(run) : undefined
  const where = {
    directory: resolve(run.cwd, values.directory ?? '.'),
    node: resolve(run.cwd, values.node ?? run.command.node),
    runner: resolve(run.cwd, values.runner ?? run.command.runner),
  }
  const needed = readPaths(run, [...Object.values(where), run.settings.rundir])
  const listeners = sockets?.rest ?? run.listeners
  const monitor = monitorOf(run.settings)
  const opened = monitor === undefined ? listeners : [...listeners, monitor]
  const written = writtenPaths(run, opened)
  const text = serviceUnit(
    run,
    { ...values, ...where },
    {
      words: sockets?.words ?? wordsOf(run),
      environment: sockets?.environment ?? run.environment,
      opens: opened,
      writes: [...written, ...(values.writable ?? []).map((path) => resolve(run.cwd, path))],
      hasSockets: sockets !== undefined,
      readsHome: needed.some(isInHome),
    },
  )
  return {
    files: [
      { name: `${run.name}.service`, text },
      ...(sockets === undefined
        ? []
        : [{ name: `${run.name}.socket`, text: socketUnit(run, sockets) }]),
    ],
    notes: [...(sockets?.notes ?? []), ...notesOf(run, needed, written)],
  }
}

/** What a unit does better is not to be done twice. */
function refuse(run: ExportedRun, { watchdog, systemd }: SystemdValues): void {
  const cannot = (reason: string, hint?: string): UsageError =>
    new UsageError(`cannot export to systemd: ${reason}`, { hint })
  if (run.settings.chroot !== undefined) {
    throw cannot(
      '--chroot needs what a unit takes away',
      'RootDirectory= in a drop-in of the unit is the same',
    )
  }
  if (run.changesUser) {
    throw cannot('it would change its user itself', 'leave that out, and say --user NAME before --')
  }
  if (!(watchdog >= 0)) throw cannot(`option --watchdog needs a number of seconds, not ${watchdog}`)
  if (!Number.isInteger(systemd)) throw cannot(`option --systemd needs a version, not ${systemd}`)
}

function notesOf(
  { name, user }: ExportedRun,
  needed: readonly string[],
  written: readonly string[],
): string[] {
  const others = user === undefined ? written.find((path) => !isOwn(path, name)) : undefined
  const temporary = needed.find(isTemporary)
  const home = needed.find(isInHome)
  return [
    ...(temporary === undefined
      ? []
      : [`${name} won't find ${temporary}: a unit has a directory of its own in that place`]),
    ...(home === undefined
      ? []
      : [`${home} is in a home: the user of the unit must be able to read it`]),
    ...(others === undefined
      ? []
      : [`${name} writes to ${others}, which a user of its own may not: --user names another`]),
    ...(canRequireKoffi()
      ? []
      : ['koffi is not installed here: without it systemd is not told that the service runs']),
  ]
}
