import { existsSync, readFileSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { besideRunner } from './beside-runner.ts'

const IN_PNPM_STORE = /[/\\]\.pnpm(?:[/\\]|$)/

/**
 * A directory to look in: for dropins and plugin packages, for plugin packages
 * only, or one that is a plugin package itself.
 */
export interface PathEntry {
  readonly kind: 'plugins' | 'packages' | 'package'
  readonly dir: string
  /** What put it on the module path. */
  readonly origin: Origin
}

/** What puts a directory on the module path, in search order. */
export type Origin =
  | 'plugin path'
  | 'package itself'
  | 'project'
  | 'NODE_PATH'
  | 'node_modules of the project'
  | 'beside runner'

/** Where a search starts from. */
export interface SearchFrom {
  readonly cwd: string
  readonly variables: NodeJS.ProcessEnv
  /** `--plugin-path`: plugins directories that come before all others. */
  readonly pluginPath: readonly string[]
  /** The directory of runner's own package. */
  readonly runnerHome: string
  /** The path that runner's command was started by, links not followed. */
  readonly startedAs?: string | undefined
}

/**
 * The directories of the module path in search order, none twice: the plugin
 * path, `plugins/` of the working directory up to the project root, `NODE_PATH`,
 * each `node_modules` upwards, and the one runner itself is installed in. They
 * need not exist.
 */
export function modulePath(from: SearchFrom): PathEntry[] {
  const entries: PathEntry[] = []
  const add = (kind: PathEntry['kind'], dir: string, origin: Origin): void => {
    if (!entries.some((entry) => entry.dir === dir)) entries.push({ kind, dir, origin })
  }
  for (const dir of from.pluginPath) add('plugins', resolve(from.cwd, dir), 'plugin path')
  const home = from.variables.HOME
  for (const { dir, manifest } of projectDirs(from.cwd, home && resolve(home))) {
    if (manifest?.includes('"runner"')) add('package', dir, 'package itself')
    add('plugins', join(dir, 'plugins'), 'project')
  }
  for (const dir of nodePath(from)) {
    add('plugins', join(dir, 'plugins'), 'NODE_PATH')
    add('packages', dir, 'NODE_PATH')
  }
  for (const dir of ancestors(from.cwd)) {
    if (basename(dir) === 'node_modules') continue
    add('packages', join(dir, 'node_modules'), 'node_modules of the project')
  }
  for (const dir of besideRunner(from.runnerHome, from.startedAs)) {
    add('packages', dir, 'beside runner')
  }
  return entries
}

/**
 * What `NODE_PATH` says, without what pnpm's commands put there: its store has the
 * packages of every member of a workspace, in one version, and what they depend on.
 */
function nodePath({ cwd, variables }: SearchFrom): string[] {
  const dirs = (variables.NODE_PATH ?? '').split(delimiter).filter((dir) => dir !== '')
  return dirs.map((dir) => resolve(cwd, dir)).filter((dir) => !IN_PNPM_STORE.test(dir))
}

interface ProjectDir {
  readonly dir: string
  /** The text of its package.json, if there is one. */
  readonly manifest: string | undefined
}

/**
 * The working directory and those above it, up to the root of its project; only
 * itself when it is in none. Home and what is above it are nobody's project.
 */
function projectDirs(cwd: string, home: string | undefined): ProjectDir[] {
  const dirs: ProjectDir[] = []
  let inProject = 1
  for (const dir of ancestors(cwd)) {
    if (dirs.length > 0 && dir === home) break
    const manifest = readText(join(dir, 'package.json'))
    dirs.push({ dir, manifest })
    if (manifest?.includes('"workspaces"') || isWorkspace(dir)) return dirs
    if (manifest !== undefined) inProject = dirs.length
  }
  return dirs.slice(0, inProject)
}

function isWorkspace(dir: string): boolean {
  return existsSync(join(dir, '.git')) || existsSync(join(dir, 'pnpm-workspace.yaml'))
}

/** To try to open what isn't there takes much longer than to look. */
function readText(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It may say that it is a plugin package: whoever looks there says what is in the way.
    return '"runner"'
  }
}

function* ancestors(dir: string): Generator<string> {
  for (let at = dir; ; at = dirname(at)) {
    yield at
    if (at === dirname(at)) return
  }
}
