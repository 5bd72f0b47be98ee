import type { IService, ListenerDescription } from '@runnerd/service'

/** What the services of a tree say of themselves before they are started. */
export interface ServicesSay {
  /** Whether one of them starts programs of its own. */
  readonly startsProcesses: boolean
  /** Where they listen though no option names it. */
  readonly listensOn: readonly ListenerDescription[]
}

/** What a service says, and all that are in it. */
export function servicesSay(service: IService): ServicesSay {
  const said = [...servicesIn(service, new Set())].map(sayOf)
  return {
    startsProcesses: said.some(({ startsProcesses }) => startsProcesses),
    listensOn: said.flatMap(({ listensOn }) => listensOn),
  }
}

/** A tree may be badly made. */
function* servicesIn(service: IService, seen: Set<unknown>): Generator<IService> {
  if (seen.has(service)) return
  seen.add(service)
  yield service
  for (const each of childrenOf(service)) yield* servicesIn(each, seen)
}

function childrenOf(service: IService): readonly IService[] {
  try {
    const within = service as unknown as Partial<Iterable<IService>>
    if (typeof within[Symbol.iterator] !== 'function') return []
    return [...(within as Iterable<IService>)]
  } catch {
    return []
  }
}

function sayOf(service: IService): ServicesSay {
  try {
    const { startsProcesses, listensOn = [] } = service
    return { startsProcesses: startsProcesses === true, listensOn: [...listensOn] }
  } catch {
    return { startsProcesses: false, listensOn: [] }
  }
}
