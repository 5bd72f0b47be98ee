import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'

/** What can happen to the dropin caches; at times what they describe changes too. */
export function cacheKinds(layout: Layout): Kinds {
  const spoil = (how: (bytes: Buffer) => Buffer) => () => {
    const path = layout.target([...layout.truth().files])
    const text = layout.edited(path)
    const alsoEdits = layout.isHeads()
    return () => {
      for (const cache of cachesOf(layout)) writeFileSync(cache, how(readFileSync(cache)))
      if (alsoEdits) writeFileSync(path, text)
    }
  }
  const somewhere = (bytes: Buffer): number => Math.floor(layout.random() * bytes.length)
  return {
    'cache corrupted: zeros in it': spoil((bytes) => {
      const at = somewhere(bytes)
      return bytes.fill(0, at, Math.min(at + 64, bytes.length))
    }),
    'cache corrupted: noise in it': spoil((bytes) => {
      const at = somewhere(bytes)
      for (const each of bytes.subarray(at, at + 16).keys())
        bytes[at + each] = Math.floor(layout.random() * 256)
      return bytes
    }),
    'cache corrupted: one letter': spoil((bytes) => {
      bytes[somewhere(bytes)] = 97 + Math.floor(layout.random() * 26)
      return bytes
    }),
    'cache truncated': spoil((bytes) => bytes.subarray(0, somewhere(bytes))),
    'cache empty': spoil(() => Buffer.alloc(0)),
    'cache from a newer format': spoil((bytes) =>
      Buffer.from(
        bytes
          .toString()
          .replace(/runner-dropin\/\d+/, 'runner-dropin/99')
          .replaceAll(/x\d{5}/g, 'later'),
      ),
    ),
  }
}

/** The caches that are there. */
export function cachesOf(layout: Layout): string[] {
  const paths = layout.containers.flatMap((dir) => [
    join(dir, 'dropin.cache'),
    join(dir, '.cache/runner/dropin.cache'),
  ])
  return paths.filter((path) => existsSync(path))
}

/** What is another when a cache is written again. */
export function stampsOf(layout: Layout): string[] {
  return cachesOf(layout).map((path) => `${statSync(path).ino} ${statSync(path).mtimeMs}`)
}
