import { existsSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import type { CachedDropin } from './cached-directory.ts'
import { contentKey } from './content-key.ts'
import { type DropinManifest, manifestFile, readManifest } from './dropin-manifest.ts'
import { isAsItWas, type Watch } from './file-key.ts'
import { watchesOf } from './outside-package.ts'
import { realPath } from './where-node-looks.ts'

/** What the manifests beside dropins say of them, as long as it holds. */
export class ShippedDropins {
  readonly #dir: string
  readonly #manifests = new Map<string, DropinManifest | undefined>()

  /** @param dir the directory of the module path that the dropins are in */
  constructor(dir: string) {
    this.#dir = dir
  }

  /** What is shipped of a dropin; `undefined` when that is nothing, or of another file. */
  find(file: string): CachedDropin | undefined {
    const beside = dirname(file)
    const manifest = this.#manifestIn(beside)
    const units = manifest?.content.units.flatMap(([, unit]) => unit.dropins)
    const shipped = units?.find((dropin) => posix.join(beside, dropin.file) === file)
    if (shipped === undefined) return undefined
    const inside = (path: string): string => join(this.#dir, beside, path)
    if (!shipped.watch.every(([path, key]) => isAsItWas(inside(path), key))) return undefined
    const { outside = [], ...dropin } = shipped
    const elsewhere = watchesOf(realPath(join(this.#dir, beside)), outside)
    if (elsewhere === undefined) return undefined
    const watch = shipped.watch.map(([path, key]): Watch => [posix.join(beside, path), key])
    const own = manifestFile(beside)
    watch.push([own, contentKey(join(this.#dir, own))], ...elsewhere)
    return { ...dropin, file, watch }
  }

  #manifestIn(beside: string): DropinManifest | undefined {
    if (!this.#manifests.has(beside)) {
      this.#manifests.set(beside, readManifest(manifestFile(join(this.#dir, beside))))
    }
    return this.#manifests.get(beside)
  }
}

/** Whether the manifest beside a dropin still says what the dropin does. */
export function manifestState(file: string): {
  path: string
  state: 'none' | 'holds' | 'outdated'
} {
  const dir = dirname(file)
  const path = manifestFile(dir)
  if (!existsSync(path)) return { path, state: 'none' }
  const holds = new ShippedDropins(dir).find(basename(file)) !== undefined
  return { path, state: holds ? 'holds' : 'outdated' }
}
