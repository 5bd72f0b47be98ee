import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.mjs'

/** The built command. */
export const runnerBin = join(root, 'packages', 'runner', 'bundle', 'main.js')

/**
 * A program and its arguments: runner in the foreground, that keeps no pid file and logs
 * into a file of the plugin's name.
 */
export function runnerCommand(node, plugin, ...words) {
  const own = ['--nodaemon', '--logfile', `${plugin}.log`, '--pidfile=']
  return [node.path, [runnerBin, ...own, plugin, ...words.map(String)]]
}

/** Finds a Node of a major version: this one, or one that npm brings. */
export function findNode(major) {
  if (process.versions.node.startsWith(`${major}.`)) return describe(process.execPath)
  const args = ['exec', '--yes', `--package=node@${major}`, '--', 'node', '-p', 'process.execPath']
  return describe(
    execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
  )
}

function describe(path) {
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
  return { path, version, major: Number(version.slice(1).split('.')[0]) }
}

/** The version of runner. */
export function runnerVersion() {
  return execFileSync(process.execPath, [runnerBin, '--version'], { encoding: 'utf8' })
    .split(' ')[1]
    .trim()
}

/** The version of twistd3; `undefined` where it isn't installed. */
export function twistdVersion() {
  const { status, stdout } = spawnSync('twistd3', ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n')[0] : undefined
}

/** The poem's plugin, as the repository has it. */
export const poetryPlugin = join(root, 'plugins')
export const poem = join(root, 'poetry', 'ecstasy.txt')

if (!existsSync(runnerBin)) throw new Error('build first: npm run build')
