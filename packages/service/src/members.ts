import { NoSuchServiceError } from './errors.ts'
import type { IService } from './i-service.ts'
import { type Life, lifeOf } from './life.ts'

/** A child, for as long as it is one. @internal */
export interface Member {
  readonly service: IService
  /** As it was when it was added. */
  readonly name: string | undefined
  readonly life: Life
}

/** The children of a collection in the order they were added, and by name. @internal */
export class Members {
  readonly #members = new Map<IService, Member>()
  readonly #named = new Map<string, Member>()

  add(service: IService): Member {
    const name = service.name ?? undefined
    const member = { service, name, life: lifeOf(service) }
    member.life.adopt()
    this.#members.set(service, member)
    if (name !== undefined) this.#named.set(name, member)
    return member
  }

  delete({ service, name }: Member): void {
    this.#members.delete(service)
    if (name !== undefined) this.#named.delete(name)
  }

  get(service: IService): Member | undefined {
    return this.#members.get(service)
  }

  /** Whether it is still a child; a service that was removed and added again is a new member. */
  has(member: Member): boolean {
    return this.#members.get(member.service) === member
  }

  named(name: string): Member {
    const member = this.#named.get(name)
    if (member === undefined) throw new NoSuchServiceError(name)
    return member
  }

  /** The members there are now, whatever is added or removed while they are gone through. */
  snapshot(): Member[] {
    return [...this.#members.values()]
  }

  services(): IterableIterator<IService> {
    return this.#members.keys()
  }
}
