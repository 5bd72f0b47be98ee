import type { SiteFile } from './site-file.ts'

/** What is kept of all files together, in bytes. */
const MOST_BYTES = 64 * 1024 * 1024

/** How many are known, with their bytes or without. */
const MOST_FILES = 10_000

/** The files that were asked for last, each as it was found: whether it still is so is for others to see. */
export class FileCache {
  readonly #files = new Map<string, SiteFile>()
  #bytes = 0

  get(path: string, encoding: string | undefined): SiteFile | undefined {
    return this.#files.get(keyOf(path, encoding))
  }

  set(file: SiteFile): void {
    const key = keyOf(file.path, file.encoding?.name)
    this.#delete(key)
    this.#files.set(key, file)
    this.#bytes += file.body?.length ?? 0
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= MOST_BYTES && this.#files.size <= MOST_FILES) return
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#files.get(key)?.body?.length ?? 0
    this.#files.delete(key)
  }
}

function keyOf(path: string, encoding: string | undefined): string {
  return encoding === undefined ? path : `${encoding}:${path}`
}
