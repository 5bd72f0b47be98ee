/** The query that names a worker to the control socket; empty where none is named. */
export function ofWorker(values: Readonly<Record<string, unknown>>): string {
  return values.worker === undefined ? '' : `worker=${values.worker}`
}
