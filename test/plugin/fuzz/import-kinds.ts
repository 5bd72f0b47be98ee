import { lstatSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'
import { replacePackage } from './package-kinds.ts'

/** What is done to files and packages that dropins import. */
export function importKinds(layout: Layout): Kinds {
  const imported = (): string => layout.target([...layout.truth().imports])
  return {
    'edit of an imported file': () => {
      const path = imported()
      const text = layout.edited(path)
      return () => writeFileSync(path, text)
    },
    'edit of an imported file with restored mtime': () => {
      const path = imported()
      const text = layout.edited(path)
      const restore = layout.mtimeOf(path)
      return () => {
        writeFileSync(path, text)
        restore()
      }
    },
    'atomic replace of an imported file by an older one': () => {
      const path = imported()
      const older = layout.staged(layout.edited(path))
      return () => renameSync(older, path)
    },
    'package.json of an imported package edited': () => {
      const dir = realpathSync(layout.dependencyAt())
      const path = join(dir, 'package.json')
      const main = `${layout.token()}.js`
      writeFileSync(join(dir, main), layout.text())
      const text = JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), main })
      return () => writeFileSync(path, text)
    },
    'upgrade of what an imported package imports': () => {
      const dir = join(realpathSync(layout.dependencyAt()), 'node_modules/deep')
      const path = join(dir, '../../package.json')
      const manifest = JSON.parse(readFileSync(path, 'utf8'))
      writeFileSync(path, JSON.stringify({ ...manifest, main: 'index.js' }))
      const contents = layout.deepDependency()
      return () => replacePackage(layout, dir, contents)
    },
    'upgrade of an imported package': () => {
      const link = layout.dependencyAt()
      const dir = realpathSync(link)
      const contents = layout.dependency()
      if (!lstatSync(link).isSymbolicLink()) return () => replacePackage(layout, dir, contents)
      const other = dir.replace(/@1\.0\.\d+/, `@1.0.${layout.token().slice(1)}`)
      layout.unpack(other, contents)
      return () => layout.retarget(link, relative(dirname(link), other))
    },
  }
}
