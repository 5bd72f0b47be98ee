import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Contents, Layout } from './layout.ts'
import { entriesOf } from './truth.ts'

/** What npm does to packages: they are directories, and all their files are of one date. */
export function npmKinds(layout: Layout): Kinds {
  return {
    'package upgrade as npm does it': () => {
      const dir = layout.target(layout.packages())
      const contents = layout.contents(basename(dir))
      return () => replacePackage(layout, dir, contents)
    },
    'package rollback as npm does it': () => {
      const dir = layout.target(layout.packages())
      const before = contentsOf(dir)
      const aside = layout.staging()
      renameSync(dir, aside)
      layout.unpack(dir)
      if (layout.isHeads()) return () => replacePackage(layout, dir, before)
      // An install that fails gives back what it moved aside.
      return () => {
        rmSync(dir, { recursive: true })
        renameSync(aside, dir)
      }
    },
  }
}

/** What can happen to any package, or to the whole directory that they are in. */
export function directoryKinds(layout: Layout): Kinds {
  const directories = (): string[] =>
    layout.entries().filter((path) => statSync(path).isDirectory())
  return {
    'package.json broken': () => {
      for (const dir of layout.truth().broken) layout.unpack(dir)
      const path = join(layout.target(directories()), 'package.json')
      const broken = layout.staged(readFileSync(path, 'utf8').replace('"runner"', '"runner" oops'))
      return () => renameSync(broken, path)
    },
    'directory replaced': () => {
      const dir = layout.pick([...layout.containers, ...layout.packages()])
      const other = join(dirname(dir), `.${layout.token()}`)
      cpSync(dir, other, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
      const changed = layout.pick(dropinsIn(other))
      renameSync(layout.staged(layout.edited(changed)), changed)
      return () => {
        renameSync(dir, `${other}-aside`)
        renameSync(other, dir)
        rmSync(`${other}-aside`, { recursive: true })
      }
    },
  }
}

/** npm moves the old version aside, unpacks, and removes it at the end; `npm ci` removes first. */
export function replacePackage(layout: Layout, dir: string, contents: Contents): void {
  if (layout.isHeads()) {
    rmSync(dir, { recursive: true })
    layout.unpack(dir, contents)
    return
  }
  const aside = join(dirname(dir), `.${basename(dir)}-${layout.token()}`)
  renameSync(dir, aside)
  layout.unpack(dir, contents)
  rmSync(aside, { recursive: true })
}

/** The dropins in a copy of a package, or of a directory of dropins and packages. */
function dropinsIn(dir: string): string[] {
  const own = existsSync(join(dir, 'package.json')) ? [dir] : entriesOf(dir)
  return own.flatMap((path) => {
    if (statSync(path).isFile()) return [path]
    const plugins = join(path, 'plugins')
    return existsSync(plugins) ? readdirSync(plugins).map((name) => join(plugins, name)) : []
  })
}

function contentsOf(dir: string): Contents {
  const names = ['package.json', 'plugins/p.js', 'impl.js']
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name), 'utf8')]))
}
