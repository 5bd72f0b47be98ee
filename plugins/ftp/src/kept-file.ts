import type { HeldFile } from './held-file.ts'

/** How long a file is kept, in ms. */
const MOMENT = 1000

/**
 * The file that SIZE or MDTM has looked at, for the RETR that mostly comes next: it is
 * held for a moment, and not looked for again.
 */
export class KeptFile {
  #kept: { readonly path: string; readonly file: HeldFile } | undefined
  #timer: NodeJS.Timeout | undefined

  /** Keeps it in place of the one before. */
  keep(path: string, file: HeldFile): void {
    this.drop()
    this.#kept = { path, file }
    this.#timer = setTimeout(() => this.drop(), MOMENT).unref()
  }

  /** What is kept of a path, if anything; it is the caller's then. */
  take(path: string): HeldFile | undefined {
    if (this.#kept?.path !== path) return undefined
    const { file } = this.#kept
    this.#clear()
    return file
  }

  /** Lets go of it. */
  drop(): void {
    void this.#kept?.file.close()
    this.#clear()
  }

  #clear(): void {
    clearTimeout(this.#timer)
    this.#kept = undefined
  }
}
