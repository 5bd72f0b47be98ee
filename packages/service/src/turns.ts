/** One piece of work in a row of {@link Turns}. @internal */
export class Turn<Kind> {
  readonly kind: Kind
  /** Whoever does the work looks at this between its steps. */
  cancelled = false
  /** The turn this one waits for, until it has settled. */
  before: Turn<Kind> | undefined
  readonly done: Promise<void>
  #settle!: (work: Promise<void>) => void

  constructor(kind: Kind, before: Turn<Kind> | undefined) {
    this.kind = kind
    this.before = before
    this.done = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Settles as `work` does. */
  follow(work: Promise<void>): void {
    this.#settle(work)
  }
}

/**
 * One thing at a time: work begins when the work asked for before it has
 * settled, at once if there is none. Asking for the kind of work that is last
 * in the row shares it.
 *
 * @internal
 */
export class Turns<Kind> {
  #last: Turn<Kind> | undefined

  /** The kind of work that is last in the row; none if nothing is going on. */
  get last(): Kind | undefined {
    return this.#last?.kind
  }

  take(
    kind: Kind,
    work: (turn: Turn<Kind>, before: Turn<Kind> | undefined) => Promise<void>,
  ): Promise<void> {
    let turn = this.#last
    if (turn?.kind !== kind) {
      turn = new Turn(kind, this.#last)
      // In the row before it begins: the work may ask for another turn at once.
      this.#last = turn
      turn.follow(this.#run(turn, work))
    }
    // Each caller gets a promise of his own, so that an error which one of them
    // drops is reported as unhandled although another has seen it.
    return turn.done.then()
  }

  /** Marks everything in the row as no longer wanted. */
  cancel(): void {
    for (let turn = this.#last; turn; turn = turn.before) turn.cancelled = true
  }

  async #run(
    turn: Turn<Kind>,
    work: (turn: Turn<Kind>, before: Turn<Kind> | undefined) => Promise<void>,
  ): Promise<void> {
    const before = turn.before
    try {
      if (before) await before.done.catch(() => {})
      await work(turn, before)
    } finally {
      turn.before = undefined
      if (this.#last === turn) this.#last = undefined
    }
  }
}
