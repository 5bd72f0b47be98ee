import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const INSIDE = ['cred', 'options', 'logging', 'plugin', 'service', 'internet']

/**
 * Writes the types of the public door into packages/runner/types/: those of all
 * the packages that its bundle holds, once for `import` and once for `require`.
 * What is published needs none of them then, and an author installs one package.
 */
export function writeDoorTypes() {
  const types = join(root, 'packages', 'runner', 'types')
  rmSync(types, { recursive: true, force: true })
  writeAll(join(types, 'esm'), 'module')
  writeAll(join(types, 'cjs'), 'commonjs')
}

function writeAll(types, type) {
  for (const name of INSIDE) {
    mkdirSync(join(types, name), { recursive: true })
    for (const file of readdirSync(distOf(name)).filter((each) => each.endsWith('.d.ts'))) {
      copy(join(distOf(name), file), join(types, name, file), '..')
    }
  }
  copy(join(distOf('runner'), 'index.d.ts'), join(types, 'index.d.ts'), '.')
  writeFileSync(join(types, 'package.json'), `{ "type": "${type}" }\n`)
}

function distOf(name) {
  return join(root, 'packages', name, 'dist')
}

function copy(from, to, up) {
  const text = readFileSync(from, 'utf8')
    .replace(/'@runnerd\/([a-z]+)'/g, `'${up}/$1/index.js'`)
    .replace(/'(\.\/[a-z-]+)\.ts'/g, "'$1.js'")
    .replace(/^\/\/# sourceMappingURL=.*\n?/gm, '')
  writeFileSync(to, text)
}
