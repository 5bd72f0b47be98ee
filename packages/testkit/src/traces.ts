/** What code may leave in the process it ran in. */
export interface Traces {
  /** The types of what keeps the event loop going, each as often as it is there. */
  readonly resources: readonly string[]
  readonly listeners: ReadonlyMap<string, number>
  readonly exitCode: unknown
  readonly cwd: string
}

/** How this process is now. */
export function traces(): Traces {
  const names = process.eventNames()
  return {
    resources: process.getActiveResourcesInfo(),
    listeners: new Map(names.map((name) => [String(name), process.listenerCount(name)])),
    exitCode: process.exitCode,
    cwd: process.cwd(),
  }
}

/** What is there now and was not before, in the words of a fault: `leaves Timeout active`. */
export function newTraces(before: Traces): string[] {
  const now = traces()
  const faults: string[] = []
  const resources = newResources(before)
  if (resources.length > 0) faults.push(`leaves ${resources.join(', ')} active`)
  for (const [name, count] of now.listeners) {
    if (count > (before.listeners.get(name) ?? 0))
      faults.push(`leaves a listener of ${name} on process`)
  }
  if (now.exitCode !== before.exitCode) faults.push(`sets process.exitCode to ${now.exitCode}`)
  if (now.cwd !== before.cwd) faults.push(`changes the working directory to ${now.cwd}`)
  return faults
}

/** The types of what keeps the event loop going now and did not before, each once. */
export function newResources(before: Pick<Traces, 'resources'>): string[] {
  const rest = [...before.resources]
  const added = process.getActiveResourcesInfo().filter((type) => {
    const index = rest.indexOf(type)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
  return [...new Set(added)]
}
