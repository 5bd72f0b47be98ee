import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'

/** What people, editors and `cp` do to single files. */
export function fileKinds(layout: Layout): Kinds {
  const dropin = (): string => layout.target([...layout.truth().files])
  return {
    'edit in place': () => {
      const path = dropin()
      const text = `${layout.edited(path)}// ${layout.token()}\n`
      return () => writeFileSync(path, text)
    },
    'edit with restored mtime': () => {
      const path = dropin()
      const text = `${layout.edited(path)}// ${layout.token()}\n`
      const restore = layout.mtimeOf(path)
      return () => {
        writeFileSync(path, text)
        restore()
      }
    },
    'same-size edit': () => {
      const path = dropin()
      const text = layout.edited(path)
      return () => writeFileSync(path, text)
    },
    'same-size edit with restored mtime': () => {
      const path = dropin()
      const text = layout.edited(path)
      const restore = layout.mtimeOf(path)
      return () => {
        writeFileSync(path, text)
        restore()
      }
    },
    'atomic replace by an older file': () => {
      const path = dropin()
      const older = layout.staged(layout.edited(path))
      return () => renameSync(older, path)
    },
    'cp -p of an older file': () => {
      const path = dropin()
      const older = layout.staged(layout.edited(path))
      return () => execFileSync('cp', ['-p', older, path])
    },
    touch: () => {
      const path = dropin()
      return () => utimesSync(path, new Date(), new Date())
    },
    'swap of two files': () => {
      const [one, two] = pairOf(layout)
      return () => {
        renameSync(one, `${one}.tmp`)
        renameSync(two, one)
        renameSync(`${one}.tmp`, two)
      }
    },
    add: () => {
      layout.thin()
      return layout.install(layout.token())
    },
    remove: () => {
      while (layout.removable().length < 3) layout.install(layout.token())()
      const path = layout.pick(layout.removable())
      return () => rmSync(path, { recursive: true })
    },
    rename: () => {
      while (layout.removable().length < 3) layout.install(layout.token())()
      const path = layout.pick(layout.removable())
      const name = join(dirname(path), layout.token() + extname(path))
      return () => renameSync(path, name)
    },
  }
}

/** Two dropins each of which works in the other's place. */
function pairOf(layout: Layout): [string, string] {
  const imported = (file: string): string =>
    /(?:from|require\() ?'([^n][^']*)'/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  const sort = (file: string): string => `${extname(file)} ${imported(file)}`
  const files = layout.truth().files
  const pairs = files.flatMap((one) =>
    files.filter((two) => two !== one && sort(two) === sort(one)).map((two) => [one, two]),
  )
  const [one, two] = layout.pick(pairs)
  return [one!, two!]
}
