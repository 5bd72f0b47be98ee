import { isLoopback, placeOf } from './exported-listener.ts'
import type { ExportedRun } from './exported-run.ts'

/**
 * What is to be said of a run that listens on loopback only, where that is a container's
 * own: nothing outside would reach it. Nothing if it listens elsewhere too, or nowhere.
 *
 * @returns the notes of an engine, none or one
 */
export function loopbackNotes({ name, listeners, options }: ExportedRun): string[] {
  const ports = listeners.filter(({ port }) => port !== undefined)
  if (ports.length === 0 || !ports.every(isLoopback)) return []
  const places = ports.map(placeOf).join(', ')
  const instead = options.listen === undefined ? '' : `; --listen tcp:${ports[0]?.port} opens it`
  return [
    `${name} listens on ${places} only, which nothing outside its container reaches${instead}`,
  ]
}
