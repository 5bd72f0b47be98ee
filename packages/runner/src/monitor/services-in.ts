import type { IService } from '@runnerd/service'
import { childLabels } from '@runnerd/service/service-path'
import { attempt } from '../attempt.ts'

/** A service of a tree. */
export interface PlacedService {
  readonly service: IService
  /** Where it is, as `servicePath` says it. */
  readonly path: string
}

/** More services than this are not looked at. */
const MOST = 5000

/** All that is below the top of a tree, in the order in which it is started. */
export function servicesIn(top: IService): PlacedService[] {
  const found: PlacedService[] = []
  const seen = new Set([top])
  const visit = (parent: IService, before: string): void => {
    const children = childrenOf(parent)
    const labels = attempt(() => childLabels(children)) ?? []
    for (const [index, service] of children.entries()) {
      if (seen.has(service) || found.length >= MOST) continue
      seen.add(service)
      // Whoever has no types may name one anything.
      const path = `${before}${attempt(() => String(labels[index] ?? 'service')) ?? 'service'}`
      found.push({ service, path })
      visit(service, `${path}/`)
    }
  }
  visit(top, '')
  return found
}

function childrenOf(service: IService): IService[] {
  return attempt(() => [...(service as unknown as Iterable<IService>)]) ?? []
}
