import type { Belongings } from '../belongings.ts'
import type { WorkerRole } from '../workers/roles.ts'
import { Monitor } from './monitor.ts'

/**
 * Makes the monitor that a run is to have, and has what it tells be kept from now on. A
 * worker has none of its own: whoever has started it answers for it.
 *
 * @throws UsageError, and TLSFileError
 */
export async function openMonitor(
  { settings: { monitor }, controlled }: Pick<Belongings, 'settings' | 'controlled'>,
  worker: WorkerRole | undefined,
): Promise<Monitor | undefined> {
  if (monitor === undefined || controlled === undefined) return undefined
  await controlled.watching()
  return worker === undefined ? new Monitor(monitor, controlled) : undefined
}
