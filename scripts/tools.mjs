import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './root.mjs'

/**
 * Installs development tools that are too big to be installed with the rest, into
 * node_modules/.cache, and once. Each is named with its exact version.
 *
 * @param tools such as `typedoc@0.28.20`
 * @returns a function that resolves a module of theirs to its path; `undefined`
 * if they can't be had
 */
export function installTools(...tools) {
  const name = tools.join('+').replaceAll('/', '-')
  const dir = join(root, 'node_modules', '.cache', 'tools', name)
  if (!existsSync(dir) && !install(tools, dir)) return undefined
  return createRequire(join(dir, 'package.json')).resolve
}

/** Installs beside, and renames what is complete: another process may be at it too. */
function install(tools, dir) {
  const part = `${dir}.${process.pid}`
  mkdirSync(part, { recursive: true })
  writeFileSync(join(part, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-audit', '--no-fund', '--save-exact', '--ignore-scripts', ...tools]
  // What it warns of, such as settings it doesn't know, is of interest only if it fails.
  const { status, stderr } = spawnSync('npm', args, {
    cwd: part,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (status !== 0) process.stderr.write(stderr ?? '')
  if (status === 0 && !existsSync(dir)) renameSync(part, dir)
  rmSync(part, { recursive: true, force: true })
  return status === 0
}
