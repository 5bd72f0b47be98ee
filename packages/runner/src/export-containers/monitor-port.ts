import type { ExportedRun } from '../export/exported-run.ts'

/** Where Prometheus looks for what exports metrics, as a habit. */
const USUAL = 9464

/** The port of a monitor that the run doesn't ask for: the first that the run has no use for. */
export function monitorPort({ listeners }: ExportedRun): number {
  const taken = new Set(listeners.map(({ port }) => port))
  let port = USUAL
  while (taken.has(port)) port += 1
  return port
}
