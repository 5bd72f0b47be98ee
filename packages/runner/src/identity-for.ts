import type { Application } from '@runnerd/service'
import type { Identity, RunnerSettings } from './plan.ts'

/** Whom a run is to become: whom the command line names, or else the application. */
export function identityFor(
  { identity }: RunnerSettings,
  { uid, gid }: Application,
): Identity | undefined {
  if (identity !== undefined || (uid === undefined && gid === undefined)) return identity
  return { uid, gid, user: undefined }
}
