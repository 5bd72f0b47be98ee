import { NoSuchServiceError, ServiceStoppedError } from './errors.ts'
import type { IService } from './i-service.ts'
import { type Life, lifeOf } from './life.ts'
import type { Spent } from './stopping.ts'

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
  /** The step that is being taken, and with whom. */
  #at: { readonly life: Life; readonly done: Promise<void> } | undefined
  #spent: Spent | undefined

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
      const taken = step(member, () => !turn.cancelled && this.has(member))
      await this.#take(member.life, taken)
    }
    if (turn.cancelled) throw new ServiceStoppedError()
  }

  /** Has the starts that are going on end early. */
  cancelAll(): void {
    for (const { life } of this.#members.values()) life.cancel()
  }

  /** Forgets that time had run out, for a new start. */
  calm(): void {
    this.#spent = undefined
  }

  /** Has time run out. @returns when the child it is at is done with, if it is at one */
  hurry(spent: Spent): Promise<void> | undefined {
    this.#spent ??= spent
    // One that was removed is still waited for, if it is the one.
    this.#at?.life.hurry(this.#spent)
    for (const { life } of this.#members.values()) life.hurry(this.#spent)
    return this.#at?.done.catch(() => {})
  }

  /** Stops the children in reverse order, each awaited. @returns the errors of those that failed */
  async stopAll(): Promise<unknown[]> {
    const errors: unknown[] = []
    for (const { life } of [...this.#members.values()].reverse()) {
      try {
        await this.#take(life, life.stop(this.#spent))
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }

  async #take(life: Life, done: Promise<void> | undefined): Promise<void> {
    if (done === undefined) return
    const at = { life, done }
    this.#at = at
    try {
      await done
    } finally {
      if (this.#at === at) this.#at = undefined
    }
  }
}
