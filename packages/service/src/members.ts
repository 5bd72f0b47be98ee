import { NoSuchServiceError, ServiceStoppedError } from './errors.ts'
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

  services(): IterableIterator<IService> {
    return this.#members.keys()
  }

  /**
   * Takes a step with each of the children there are now, in order, until one
   * fails or `turn` is cancelled. `wanted` tells whether the step still is.
   */
  async each(
    turn: { readonly cancelled: boolean },
    step: (member: Member, wanted: () => boolean) => Promise<void>,
  ): Promise<void> {
    // Children that come meanwhile are for who adds them to start.
    for (const member of [...this.#members.values()]) {
      if (turn.cancelled) break
      await step(member, () => !turn.cancelled && this.has(member))
    }
    if (turn.cancelled) throw new ServiceStoppedError()
  }

  /** Has the starts that are going on end early. */
  cancelAll(): void {
    for (const { life } of this.#members.values()) life.cancel()
  }

  /** Stops the children in reverse order, each awaited. @returns the errors of those that failed */
  async stopAll(): Promise<unknown[]> {
    const errors: unknown[] = []
    for (const { life } of [...this.#members.values()].reverse()) {
      try {
        await life.stop()
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }
}
