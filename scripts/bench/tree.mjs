import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poem } from './programs.mjs'

/** Makes a project with many installed packages, some of them plugin packages; returns its path. */
export function makeTree({ plugins, packages }) {
  const dir = mkdtempSync(join(tmpdir(), 'runner-bench-'))
  for (let i = 0; i < packages; i += 1) {
    const name = i % 5 === 0 ? `@scope${i % 7}/package${i}` : `package${i}`
    addPackage(join(dir, 'node_modules', name), name, i < plugins ? `plugin${i}` : undefined)
  }
  copyFileSync(poem, join(dir, 'poem.txt'))
  writeFileSync(join(dir, 'package.json'), '{"name":"bench","private":true}\n')
  return dir
}

function addPackage(dir, name, tapname) {
  mkdirSync(dir, { recursive: true })
  const manifest = {
    name,
    version: '1.0.0',
    description: 'A package among many.'.repeat(20),
    type: 'module',
    ...(tapname ? { runner: { plugins: './plugin.js' } } : {}),
  }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest, null, 2))
  if (tapname) writeFileSync(join(dir, 'plugin.js'), source(tapname))
}

function source(tapname) {
  return `export const maker = {
  tapname: '${tapname}',
  description: 'One of the plugins of the bench.',
  options: { port: { alias: 'p', type: 'number', default: 1, describe: 'A port.' } },
  makeService() {},
}
`
}
