import { linkSync, mkdirSync, realpathSync, renameSync, statSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'

/** What is done to what is linked from where somebody works on it. */
export function linkKinds(layout: Layout): Kinds {
  /** Another thing of the sort that is at a path. */
  const like = (path: string): string => {
    if (statSync(path).isFile()) return layout.staged(layout.dropin())
    const dir = layout.staging()
    layout.unpack(dir)
    return dir
  }
  return {
    'linked package swapped': () => {
      const dir = realpathSync(layout.target(layout.links('work')))
      const [other, aside] = [like(dir), layout.staging()]
      return () => {
        renameSync(dir, aside)
        renameSync(other, dir)
      }
    },
    'symlink retargeted': () => {
      const link = layout.target(layout.links('work'))
      const dir = realpathSync(link)
      const other = join(dirname(dir), layout.token() + extname(dir))
      renameSync(like(dir), other)
      return () => layout.retarget(link, relative(dirname(link), other))
    },
  }
}

/** What pnpm does: packages are links into its store, where each version has a directory. */
export function pnpmKinds(layout: Layout): Kinds {
  return {
    'package upgrade as pnpm does it': () => {
      const link = layout.target(layout.links('store'))
      const before = realpathSync(link)
      return () => layout.retarget(link, relative(dirname(link), layout.store(before)))
    },
    'package rollback as pnpm does it': () => {
      const link = layout.target(layout.links('store'))
      const before = realpathSync(link)
      layout.retarget(link, relative(dirname(link), layout.store(before)))
      return () => layout.retarget(link, relative(dirname(link), before))
    },
  }
}

/** A package that depends on its peers is stored once for each set of them, of the same files. */
export function peerKinds(layout: Layout): Kinds {
  return {
    'package with another peer as pnpm does it': () => {
      const link = join(layout.containers[0]!, 'd1')
      const before = realpathSync(link)
      const dir = join(layout.containers[0]!, `.pnpm/d1@1.0.0(${layout.token()})/node_modules/d1`)
      mkdirSync(join(dir, 'plugins'), { recursive: true })
      for (const name of ['package.json', 'plugins/p.js']) {
        linkSync(join(before, name), join(dir, name))
      }
      layout.unpack(join(dirname(dir), 'dep'), layout.dependency())
      // So that the cache knows the files as they are linked.
      layout.thin()
      layout.install(layout.token())()
      return () => layout.retarget(link, relative(dirname(link), dir))
    },
  }
}

/** A scope comes with its first package, which leaves its `node_modules` as it was but for that. */
export function scopeKinds(layout: Layout): Kinds {
  return {
    'scope added': () => {
      layout.thin()
      return layout.install(`@${layout.token()}/q`)
    },
    'added to a scope': () => {
      layout.thin()
      return layout.install(`@s/${layout.token()}`)
    },
  }
}
