import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import type { Kinds } from './kinds.ts'
import type { Layout } from './layout.ts'

/** What is done where single files are dropins, and to what decides which files they import. */
export function localKinds(layout: Layout): Kinds {
  const src = (name: string): string => layout.at(`project/src/${name}`)
  const other = (): string => {
    const name = `${layout.token()}.js`
    writeFileSync(src(name), layout.text())
    return name
  }
  const named = (): string =>
    layout.pick(layout.removable().filter((path) => extname(path) === '.js'))
  const become = (path: string, isFile: boolean): void => {
    rmSync(path, { recursive: true })
    if (isFile) writeFileSync(path, layout.dropin())
    else layout.unpack(path)
  }
  return {
    'link to an imported file retargeted': () => {
      const name = other()
      return () => layout.retarget(src('linked.js'), name)
    },
    'imports of the package.json edited': () => {
      const path = layout.at('project/package.json')
      const imports = { '#text': `./src/${other()}` }
      const text = JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), imports })
      return () => writeFileSync(path, text)
    },
    'a file that comes before an imported one': () => {
      rmSync(src('short.js'), { force: true })
      return () => writeFileSync(src('short.js'), layout.text())
    },
    'a file becomes a package, or a package a file': () => {
      layout.thin()
      writeFileSync(join(layout.containers[0]!, `${layout.token()}.js`), layout.dropin())
      const path = named()
      const isFile = statSync(path).isFile()
      return () => become(path, !isFile)
    },
    'a directory becomes a dropin': () => {
      const path = join(layout.containers[0]!, `${layout.token()}.js`)
      layout.thin()
      layout.install(layout.token())()
      layout.unpack(path, { 'README.md': '' })
      return () => become(path, true)
    },
    'what a link leads to comes': () => {
      layout.thin()
      layout.install(layout.token())()
      const path = join(layout.containers[0]!, `${layout.token()}.js`)
      const target = layout.at(`aside/${layout.token()}.js`)
      symlinkSync(relative(dirname(path), target), path)
      return () => writeFileSync(target, layout.dropin())
    },
  }
}
