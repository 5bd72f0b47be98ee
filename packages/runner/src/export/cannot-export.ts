import { UsageError } from '@runnerd/options'

/** An export that an engine can't have. */
export function cannotExport(engine: string, reason: string, hint?: string): UsageError {
  return new UsageError(`cannot export to ${engine}: ${reason}`, { hint })
}

/** An option of an engine whose value is none. */
export function malformed(
  engine: string,
  option: string,
  need: string,
  value: string | number,
): UsageError {
  return cannotExport(engine, `option --${option} needs ${need}, not ${value}`)
}

/** @throws UsageError unless a user that is a number is one to the engine, from 0 to `most` */
export function refuseUser(engine: string, user: string | undefined, most: number): void {
  if (user === undefined || !/^\d/.test(user) || Number(user) <= most) return
  throw malformed(engine, 'user', `a name, or a number of at most ${most}`, user)
}
