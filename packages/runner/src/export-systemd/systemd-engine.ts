import { resolve } from 'node:path'
import { cannotExport, malformed, refuseUser } from '../export/cannot-export.ts'
import type { Engine } from '../export/engine.ts'
import { monitorOf } from '../export/exported-listener.ts'
import { type ExportedRun, wordsOf } from '../export/exported-run.ts'
import { writtenPaths } from '../export/written-paths.ts'
import { canRequireKoffi } from '../libc.ts'
import { isInHome, isOwn, isTemporary, readPaths } from './needed-paths.ts'
import { passedSockets } from './passed-sockets.ts'
import { serviceUnit } from './service-unit.ts'
import { socketUnit } from './socket-unit.ts'
import type { SystemdValues } from './systemd-options.ts'

/** In seconds: systemd counts in millionths, up to 2 ** 63. */
const LEAST_TIME = 0.001
const LAST_TIME = Math.floor(2 ** 63 / 1e6)

/** The greatest number of a user, and one that systemd takes for none. */
const LAST_USER = 2 ** 32 - 2
const NOBODYS = '65535'

/** The first version that knows all that a unit says. */
const OLDEST = 247

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
  const cannot = (reason: string, hint?: string): Error => cannotExport('systemd', reason, hint)
  if (run.settings.chroot !== undefined) {
    throw cannot(
      '--chroot needs what a unit takes away',
      'RootDirectory= in a drop-in of the unit is the same',
    )
  }
  if (run.changesUser) {
    throw cannot('it would change its user itself', 'leave that out, and say --user NAME before --')
  }
  if (watchdog !== 0 && !(watchdog >= LEAST_TIME && watchdog <= LAST_TIME)) {
    const need = `0, or a number of seconds from ${LEAST_TIME} to ${LAST_TIME}`
    throw malformed('systemd', 'watchdog', need, watchdog)
  }
  if (!Number.isInteger(systemd) || systemd < OLDEST || systemd > 999) {
    throw malformed('systemd', 'systemd', `a version from ${OLDEST} on`, systemd)
  }
  if (run.user === NOBODYS) throw cannot(`option --user can't be ${NOBODYS}, which is nobody's`)
  refuseUser('systemd', run.user, LAST_USER)
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
