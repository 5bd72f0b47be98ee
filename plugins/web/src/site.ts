import type { Stats } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { HTTPListener } from 'runnerd'
import { answer } from './answers.ts'
import { wantedEncodings } from './encodings.ts'
import { FileStore } from './file-store.ts'
import { sendListing } from './listing.ts'
import { addressOf, type RequestPath, requestPath } from './request-path.ts'
import { sendFile } from './send-file.ts'

/** What a site shows of a directory. */
export interface SiteOptions {
  /** Names of files that stand for their directory, the first that is there. */
  readonly index: readonly string[]
  /** Whether a directory without one is listed. */
  readonly listing: boolean
  /** Whether names that begin with a dot are shown. */
  readonly dotfiles: boolean
  /** Whether symbolic links may lead out of the directory. */
  readonly followSymlinks: boolean
  /** Whether paths that are nothing, and don't look like a file's, are the index of the root. */
  readonly spa: boolean
}

/** The page for what is not there, if the directory has one. */
const NOT_FOUND = '404.html'

/** Makes what answers requests with the files of a directory. */
export function makeSite(root: string, options: SiteOptions): HTTPListener {
  const site = new Directory(root, options)
  return function Site(_request, response) {
    return site.answer(response)
  }
}

class Directory {
  readonly #store: FileStore
  readonly #options: SiteOptions

  constructor(root: string, options: SiteOptions) {
    this.#store = new FileStore(root, options.followSymlinks)
    this.#options = options
  }

  async answer(response: ServerResponse): Promise<void> {
    const { method, url = '' } = response.req
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, { allow: 'GET, HEAD' })
    const path = requestPath(url)
    if (path === undefined) return answer(response, 400)
    try {
      if (!this.#isHidden(path) && (await this.#found(path, response))) return
      await this.#notFound(path, response)
    } catch (error) {
      if (!isForbidden(error) || response.headersSent) throw error
      answer(response, 403)
    }
  }

  /** @returns false if there is nothing and nothing was answered */
  async #found(path: RequestPath, response: ServerResponse): Promise<boolean> {
    const full = join(this.#store.root, ...path.segments)
    const stats = await this.#store.look(full)
    if (stats?.isDirectory()) return await this.#directory(full, path, response)
    if (!stats?.isFile() || path.isDirectory) return false
    return await this.#file(full, stats, response)
  }

  async #directory(full: string, path: RequestPath, response: ServerResponse): Promise<boolean> {
    if (!path.isDirectory) {
      if ((await this.#store.inside(full)) === undefined) return false
      const location = addressOf({ ...path, isDirectory: true })
      answer(response, 301, { location })
      return true
    }
    for (const name of this.#options.index) {
      const index = join(full, name)
      if (await this.#fileAt(index, response)) return true
    }
    if (!this.#options.listing || (await this.#store.inside(full)) === undefined) return false
    await sendListing(this.#store, full, path, this.#options.dotfiles, response)
    return true
  }

  async #fileAt(full: string, response: ServerResponse, status = 200): Promise<boolean> {
    const stats = await this.#store.look(full)
    return stats?.isFile() ? await this.#file(full, stats, response, status) : false
  }

  async #file(
    full: string,
    stats: Stats,
    response: ServerResponse,
    status = 200,
  ): Promise<boolean> {
    if (await this.#compressed(full, response, status)) return true
    const file = await this.#store.file(full, stats)
    return file !== undefined && (await sendFile(this.#store, file, response, status))
  }

  /** A file beside it with the same in fewer bytes, if the client can read it, and so can we. */
  async #compressed(full: string, response: ServerResponse, status: number): Promise<boolean> {
    const store = this.#store
    for (const encoding of wantedEncodings(response.req.headers['accept-encoding'])) {
      const path = full + encoding.extension
      const stats = await store.look(path)
      const file = stats?.isFile() ? await store.file(path, stats, full, encoding) : undefined
      if (file === undefined) continue
      try {
        if (await sendFile(store, file, response, status)) return true
      } catch (error) {
        if (!isForbidden(error) || response.headersSent) throw error
      }
    }
    return false
  }

  async #notFound(path: RequestPath, response: ServerResponse): Promise<void> {
    const { root } = this.#store
    if (this.#options.spa && !path.segments.at(-1)?.includes('.')) {
      for (const name of this.#options.index) {
        if (await this.#fileAt(join(root, name), response)) return
      }
    }
    if (!(await this.#fileAt(join(root, NOT_FOUND), response, 404))) answer(response, 404)
  }

  #isHidden({ segments }: RequestPath): boolean {
    if (this.#options.dotfiles) return false
    // RFC 8615: what others are meant to find there.
    return segments.some(
      (each, at) => each.startsWith('.') && !(at === 0 && each === '.well-known'),
    )
  }
}

function isForbidden(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}
