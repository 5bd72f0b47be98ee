import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './paths.ts'

/** The TypeScript of this repository. */
export const tsc: string = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

type Resolve = (module: string) => string

/**
 * Installs tools that aren't among the repository's dependencies.
 *
 * @returns what resolves their modules; `undefined` if they can't be had
 */
export async function installTools(...tools: string[]): Promise<Resolve | undefined> {
  const module = await import(pathToFileURL(join(root, 'scripts', 'tools.mjs')).href)
  return module.installTools(...tools)
}

/** How a tool ended, with all that it printed. */
export interface ToolRun {
  readonly status: number | null
  readonly output: string
}

/** Runs a tool to its end. */
export function run(command: string, args: readonly string[], cwd: string = root): ToolRun {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { status, output: stdout + stderr }
}

/** Packs all that is published, as publishing would; the tarballs' paths. */
export function packAll(dir: string): string[] {
  return pack(dir, ['-r'])
}

/** Packs `runnerd` alone; the tarball's path. */
export function packRunnerd(dir: string): string {
  return pack(dir, ['--filter', 'runnerd'])[0] as string
}

function pack(dir: string, which: string[]): string[] {
  const args = ['-y', 'pnpm@12', ...which, 'pack', '--pack-destination', dir]
  const { status, output } = run('npx', args)
  if (status !== 0) throw new Error(`cannot pack: ${output}`)
  const tarballs = readdirSync(dir).filter((name) => name.endsWith('.tgz'))
  return tarballs.sort().map((name) => join(dir, name))
}
