import { complaintOf } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { isFirstProcess } from './first-process.ts'
import type { End } from './generation.ts'
import { nameOf, type Plan, type Source } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/** Refuses a reload where there can be none. @throws RunnerError */
export function refuseReload({ source, settings }: Plan): void {
  const isJailed = settings.chroot !== undefined
  if (!isFirstProcess() && !isJailed) return
  const reason = isJailed
    ? 'its root has changed, and all that it would start is outside'
    : 'it is the first process of a container, which would end with it'
  const message = `cannot reload ${nameOf(source)}: ${reason}`
  const hint = isJailed
    ? 'stop it and start it again'
    : 'restart the container, or run it with --workers'
  throw new RunnerError('ERR_RELOAD', ExitStatus.UNAVAILABLE, message, { hint })
}

/** Says of what went wrong that it was a reload, and what is so now. */
export function cannotReload(error: unknown, source: Source): RunnerError {
  const name = nameOf(source)
  const { line, hint, status } = complaintOf(error, `cannot reload ${name}`)
  const reason = [`cannot load ${name}: `, `cannot start ${name}: `, `cannot run ${name}: `]
    .filter((begin) => line.startsWith(begin))
    .reduce((rest, begin) => rest.slice(begin.length), line)
  const message = line.startsWith(`cannot reload ${name}: `)
    ? line
    : `cannot reload ${name}: ${reason}`
  const goesOn = (error as { isBeingStopped?: unknown } | null)?.isBeingStopped !== true
  return new RunnerError('ERR_RELOAD', status as ExitStatus, message, {
    hint: hint ?? (goesOn ? 'the old generation goes on' : undefined),
    cause: error,
  })
}

/** The daemon is about to end, and so is what it has begun. */
export function beingStopped(): Error {
  const exitStatus = ExitStatus.TEMPFAIL
  return Object.assign(new Error('it is being stopped'), { exitStatus, isBeingStopped: true })
}

/** How a generation ended that should not have. */
export function endedEarly(end: End | undefined, when: string): Error {
  const how =
    end === undefined
      ? 'it ended'
      : end.signal === null
        ? `it exited with status ${end.status}`
        : `it was ended by ${end.signal}`
  return Object.assign(new Error(`${how} ${when}`), { exitStatus: ExitStatus.SOFTWARE })
}
