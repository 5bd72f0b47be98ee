import type { IService } from '@runnerd/service'

/** Whether a service, or one in it, says that it starts programs of its own. */
export function startsProcesses(service: IService): boolean {
  return says(service, new Set())
}

/** A tree may be badly made. */
function says(service: IService, seen: Set<unknown>): boolean {
  if (seen.has(service)) return false
  seen.add(service)
  try {
    if (service.startsProcesses === true) return true
    const within = service as unknown as Partial<Iterable<IService>>
    if (typeof within[Symbol.iterator] !== 'function') return false
    return [...(within as Iterable<IService>)].some((each) => says(each, seen))
  } catch {
    return false
  }
}
