import { log } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import { enterState } from '@runnerd/service/service-state'
import type { Belongings } from './belongings.ts'
import { changeRoot } from './change-root.ts'
import { isJailed } from './enter-root.ts'
import { enterRunDirectory } from './enter-run-directory.ts'
import { identityFor } from './identity-for.ts'
import type { Inheritance } from './inheritance.ts'
import { makeApplication } from './make-application.ts'
import { openInspector } from './open-inspector.ts'
import { openLog } from './open-log.ts'
import type { Outcome } from './outcome.ts'
import { besideOwnSockets, type OwnSockets } from './own-clash.ts'
import { claimPidFile, noPidFile, type PidFile } from './pid-file.ts'
import type { Plan } from './plan.ts'
import { sweepDrafts } from './sweep-drafts.ts'

/** What the steps of a start need of the run that they are the start of. */
export interface StartingRun {
  readonly plan: Plan
  readonly inheritance: Inheritance
  /** What is made is put here at once, so that a start that fails gives it back. */
  readonly has: Belongings
  /** Names the step that is next; throws when the start is no longer wanted. */
  step(name: string): void
  /** The application is made. */
  made(): Promise<void>
  openControl(): Promise<void>
  /** Ends the run. */
  finish(outcome: Outcome): void
}

/**
 * Takes the steps of a start, from the open log to the started application, in
 * the order of the table in the README.
 */
export async function startRun(run: StartingRun): Promise<void> {
  const { plan, inheritance, has, step } = run
  const { settings } = plan
  const { crew, worker, generation } = inheritance
  step('open the log')
  has.file = await openLog(settings, has.logged, worker?.number)
  if (has.keeper?.log) has.file.setDirectory(has.keeper.directory)
  if (settings.debug) openInspector()
  if (settings.profile !== undefined) {
    has.endProfile = (await import('./record-profile.ts')).recordProfile(settings.profile)
  }
  step('make the application')
  const application = crew?.makeApplication(run.finish) ?? (await makeApplication(plan))
  has.application = application
  await run.made()
  if (!settings.originalname) process.title = titleOf(application, worker?.number)
  step('set up the environment')
  const identity = identityFor(settings, application)
  if (isJailed(settings)) has.settings = await changeRoot(settings, has.file, identity)
  enterRunDirectory(has.settings.rundir)
  if (settings.umask !== undefined) process.umask(settings.umask)
  has.pidFile = inheritance.pidFile ?? claimed(has.settings.pidfile)
  if (worker || generation === 1) await run.openControl()
  enterState(application, 'starting')
  step('start privileged')
  await has.monitor?.bind()
  // Who is to become another user listens to nobody before.
  if (generation === 1 && !identityFor(settings, application)) await has.monitor?.listen()
  await besideOwnSockets(ownSocketsOf(has), () => application.privilegedStartService())
  step('shed privileges')
  // Of a crew's application only its workers know who it is to be.
  const shed = identityFor(settings, application)
  if (shed !== undefined) {
    const { changeIdentity } = worker ?? (await import('./change-identity.ts'))
    const isKept = isJailed(settings)
    has.keeper ??= changeIdentity(shed, has.settings, has.file, has.control, isKept)
    crew?.shed(has.file, has.keeper)
  }
  step('start')
  if (generation === 1) await has.monitor?.listen()
  await besideOwnSockets(ownSocketsOf(has), () => application.startService())
  enterState(application, 'running')
}

/** A pid file has a control socket only where that could be made. */
function ownSocketsOf({ control, settings: { monitor, pidfile } }: Belongings): OwnSockets {
  return { monitor, pidfile: control?.handle === undefined ? undefined : pidfile }
}

/** How `ps` shows it. */
function titleOf({ name, processName }: Application, worker: number | undefined): string {
  const title = processName ?? `runner ${name}`
  return worker === undefined ? title : `${title} worker ${worker}`
}

function claimed(path: string | undefined): PidFile {
  if (path === undefined) return noPidFile
  const pidFile = claimPidFile(path, 0o666 & ~process.umask(), {
    onStale: () => log.msg(`Removing stale pidfile ${path}`),
    onLeftover: (pid) =>
      log.warn(`Ended by SIGKILL: pid ${pid}, which a killed daemon had left behind.`),
  })
  sweepDrafts(path)
  return pidFile
}
