/** In bytes. Each write to a disk costs a turn of the thread pool, whatever its size. */
const FAR = 256 * 1024

/** So many data connections of this process are read that far ahead of the disk. */
const MOST = 16

let far = 0

/** How far one data connection is read ahead, as its sockets are to be told. */
export class ReadAhead {
  /** Nothing, which is as Node has it, while others have all there is. */
  readonly options: { readonly highWaterMark?: number }
  #isHeld: boolean

  /** To be given back by {@link end}. */
  constructor() {
    this.#isHeld = far < MOST
    this.options = this.#isHeld ? { highWaterMark: FAR } : {}
    if (this.#isHeld) far += 1
  }

  /** Leaves it to others. Called again it does nothing. */
  end(): void {
    if (this.#isHeld) far -= 1
    this.#isHeld = false
  }
}
