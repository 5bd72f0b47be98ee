import type { IService } from './i-service.ts'

/**
 * Where a service is in its tree, for people: the names from the top's child
 * down to it, `MultiService/poems`. One without a name goes by its class, with a
 * number where siblings share it, `MultiService/TCPServer#2`. The top itself is
 * its own name.
 *
 * @example
 * import { Application, MultiService, Service, servicePath } from '@runnerd/service'
 *
 * const top = new MultiService()
 * top.setServiceParent(new Application('hello'))
 * const poems = new Service()
 * poems.setName('poems')
 * poems.setServiceParent(top)
 * servicePath(poems) // 'MultiService/poems'
 */
export function servicePath(service: IService): string {
  const labels: string[] = []
  let at = service
  for (; at.parent !== undefined; at = at.parent as unknown as IService) {
    labels.unshift(labelAmong([...at.parent], at))
  }
  return labels.length > 0 ? labels.join('/') : labelOf(service)
}

/** What each of a service's children goes by. @internal */
export function childLabels(siblings: readonly IService[]): string[] {
  const labels = siblings.map(labelOf)
  const alike = new Map<string, number>()
  for (const label of labels) alike.set(label, (alike.get(label) ?? 0) + 1)
  const seen = new Map<string, number>()
  return labels.map((label) => {
    if (alike.get(label) === 1) return label
    const number = (seen.get(label) ?? 0) + 1
    seen.set(label, number)
    return `${label}#${number}`
  })
}

function labelAmong(siblings: readonly IService[], service: IService): string {
  return childLabels(siblings)[siblings.indexOf(service)] as string
}

function labelOf(service: IService): string {
  return service.name ?? (service.constructor?.name || 'Service')
}
