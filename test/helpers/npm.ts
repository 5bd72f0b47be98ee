import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { root } from './paths.ts'
import { type Registry, startRegistry } from './registry.ts'
import { cleanEnv, type Ended } from './runner.ts'

/** npm with a registry that has the packages of this checkout, and a cache of its own. */
export interface Npm {
  readonly registry: Registry
  /** Runs `npm ...`, `npx ...`; the test fails if it does. */
  run(cwd: string, ...words: readonly [string, ...string[]]): Promise<string>
  /** The same, for one that may fail. */
  end(cwd: string, ...words: readonly [string, ...string[]]): Promise<Ended>
}

/** Packs the packages of this checkout that are meant for the registry, and serves them. */
export async function npmIn(dir: string, packages: readonly string[]): Promise<Npm> {
  const upstream = await ended(root, cleanEnv(dir), 'npm', 'config', 'get', 'registry')
  const registry = await startRegistry(upstream.stdout.trim())
  const end: Npm['end'] = (cwd, ...words) => ended(cwd, npmEnv(dir, registry.url), ...words)
  const run: Npm['run'] = async (cwd, ...words) => {
    const { status, stdout, stderr } = await end(cwd, ...words)
    if (status === 0) return stdout
    throw new Error(`${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  }
  const packed = join(dir, 'packed')
  mkdirSync(packed)
  for (const name of packages) {
    const from = join(root, 'packages', name)
    const names = await run(from, 'npm', 'pack', '--pack-destination', packed)
    await registry.add(join(packed, names.trim().split('\n').at(-1) as string))
  }
  return { registry, run, end }
}

function npmEnv(dir: string, registry: string): NodeJS.ProcessEnv {
  const { host } = new URL(registry)
  // What the npm that runs the tests tells its scripts is not meant for these.
  const env = Object.entries(cleanEnv(dir)).filter(
    ([name]) => !/^(npm_(lifecycle|package|command|config_local_prefix)|INIT_CWD$)/.test(name),
  )
  return {
    ...Object.fromEntries(env),
    npm_config_registry: `${registry}/`,
    [`npm_config_//${host}/:_authToken`]: 'anyone',
    npm_config_cache: join(dir, 'npm-cache'),
    npm_config_prefer_offline: 'true',
    // Else npx asks before it fetches, or gives up where that is set to false.
    npm_config_yes: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    // A registry may hang up now and then.
    npm_config_fetch_retries: '5',
    npm_config_fetch_retry_mintimeout: '1000',
  }
}

async function ended(
  cwd: string,
  env: NodeJS.ProcessEnv,
  ...[command, ...args]: readonly [string, ...string[]]
): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<Pick<Ended, 'status' | 'signal'>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal }))
  })
  const [stdout, stderr, how] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { ...how, stdout, stderr }
}
