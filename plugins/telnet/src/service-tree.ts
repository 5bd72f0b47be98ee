import { inspect } from 'node:util'
import type { IService } from 'runnerd'

/** So many services of a tree are looked at. */
const MOST = 5000

interface Found {
  readonly service: IService
  /** Where it is: the names from the top's child down to it, `site/web`. */
  readonly path: string
  readonly depth: number
}

/** The services of the tree that one of them is in; it believes none of them to be well made. */
export class ServiceTree {
  readonly #member: IService

  constructor(member: IService) {
    this.#member = member
  }

  /** The top of the tree: the application. */
  get top(): IService {
    let top = this.#member
    while (top.parent !== undefined) top = top.parent as unknown as IService
    return top
  }

  /** The services by path, and by name where only one has that. */
  byName(): Map<string, IService> {
    const [, ...all] = this.#all()
    const names = new Map<string, IService>()
    for (const { path, service } of all) names.set(path, service)
    const count = new Map<string, number>()
    for (const { service } of all) {
      const name = labelOf(service)
      count.set(name, (count.get(name) ?? 0) + 1)
    }
    for (const { service } of all) {
      const name = labelOf(service)
      if (count.get(name) === 1 && !names.has(name)) names.set(name, service)
    }
    return names
  }

  /** @throws Error if there is none */
  named(name: string): IService {
    const service = this.byName().get(name)
    if (service !== undefined) return service
    throw new Error(`There is no service ${JSON.stringify(name)}: services has all of them`)
  }

  /** What `services` is in a session: an object that is looked up anew by `refresh`. */
  view(): { readonly services: object; refresh(): void } {
    const services: Record<string, IService> = Object.create(null)
    Object.defineProperty(services, inspect.custom, { value: () => this.text() })
    const refresh = (): void => {
      for (const name of Object.keys(services)) delete services[name]
      Object.assign(services, Object.fromEntries(this.byName()))
    }
    refresh()
    return { services, refresh }
  }

  /** The tree for people, a service a line. */
  text(): string {
    const rows = this.#all().map(({ service, depth, path }) => {
      const label = path === '' ? labelOf(service) : path.slice(path.lastIndexOf('/') + 1)
      return { name: '  '.repeat(depth) + label, is: stateOf(service), more: moreOf(service) }
    })
    const width = Math.max(...rows.map(({ name }) => name.length))
    return rows
      .map(({ name, is, more }) => `${name.padEnd(width)}  ${is}  ${more}`.trimEnd())
      .join('\n')
  }

  #all(): Found[] {
    const found: Found[] = []
    const seen = new Set<IService>()
    const visit = (service: IService, path: string, depth: number): void => {
      if (seen.has(service) || seen.size >= MOST) return
      seen.add(service)
      found.push({ service, path, depth })
      const children = childrenOf(service)
      for (const child of children) {
        const label = labelAmong(children, child)
        visit(child, path === '' ? label : `${path}/${label}`, depth + 1)
      }
    }
    visit(this.top, '', 0)
    return found
  }
}

function childrenOf(service: IService): IService[] {
  return attempt(() => [...(service as unknown as Iterable<IService>)]) ?? []
}

/** As `runner` numbers those that go by the same name. */
function labelAmong(siblings: readonly IService[], service: IService): string {
  const label = labelOf(service)
  const alike = siblings.filter((each) => labelOf(each) === label)
  return alike.length > 1 ? `${label}#${alike.indexOf(service) + 1}` : label
}

function labelOf(service: IService): string {
  return String(attempt(() => service.name ?? service.constructor.name) || 'Service')
}

function stateOf(service: IService): string {
  return attempt(() => service.running) ? 'running' : 'stopped'
}

function moreOf(service: IService): string {
  const told = attempt(() => {
    const { listeners = [], details = {} } = service.describe?.() ?? {}
    return [
      ...listeners.map(({ kind, address, port, connections }) => {
        const at = port === undefined ? address : `${address}:${port}`
        return `${kind} ${at}${connections === undefined ? '' : `, ${connections.open} open`}`
      }),
      ...Object.entries(details).map(([name, value]) => `${name}: ${value}`),
    ].join('; ')
  })
  return told ?? ''
}

function attempt<T>(tell: () => T): T | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}
