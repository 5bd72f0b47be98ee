import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { poem } from './programs.mjs'

/**
 * Makes a project with many installed packages, the first of them plugin
 * packages; returns its path. With `glob` they name their plugin by a glob, with
 * `links` they are laid out as pnpm does it.
 */
export function makeTree({ plugins, packages, glob = false, links = false }) {
  const dir = mkdtempSync(join(tmpdir(), 'runner-bench-'))
  for (let i = 0; i < packages; i += 1) {
    const name = i % 5 === 0 ? `@scope${i % 7}/package${i}` : `package${i}`
    const path = join(dir, 'node_modules', name)
    const home = links ? join(dir, 'node_modules', '.pnpm', `${i}`, 'node_modules', name) : path
    addPackage(home, name, i < plugins ? { tapname: `plugin${i}`, glob } : undefined)
    if (links) link(home, path)
  }
  copyFileSync(poem, join(dir, 'poem.txt'))
  writeFileSync(join(dir, 'package.json'), '{"name":"bench","private":true}\n')
  return dir
}

/** The dropins of the first plugin packages of such a tree. */
export function dropinsOf(tree, count) {
  return Array.from({ length: count }, (_, i) => {
    const name = i % 5 === 0 ? `@scope${i % 7}/package${i}` : `package${i}`
    return join(tree, 'node_modules', name, 'plugin.js')
  })
}

function link(home, path) {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(relative(dirname(path), home), path)
}

function addPackage(dir, name, plugin) {
  mkdirSync(dir, { recursive: true })
  const manifest = {
    name,
    version: '1.0.0',
    description: 'A package among many.'.repeat(20),
    type: 'module',
    ...(plugin
      ? { runner: { plugins: plugin.glob ? './services/*.plugin.js' : './plugin.js' } }
      : {}),
  }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest, null, 2))
  if (plugin === undefined) return
  const file = join(dir, plugin.glob ? 'services/one.plugin.js' : 'plugin.js')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, source(plugin.tapname))
}

function source(tapname) {
  return `globalThis.benchReads?.('${tapname}')
export const maker = {
  tapname: '${tapname}',
  description: 'One of the plugins of the bench.',
  options: { port: { alias: 'p', type: 'number', default: 1, describe: 'A port.' } },
  makeService() {},
}
`
}
