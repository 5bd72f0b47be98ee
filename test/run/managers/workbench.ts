import { type ExecFileException, execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { root } from '../../helpers/paths.ts'
import { cleanEnv } from '../../helpers/runner.ts'
import {
  every,
  type Greeter,
  greeters,
  type Version,
  writeFiles,
  writeGreeter,
} from './greeters.ts'

/** A package manager other than the npm that comes with Node, in the version that is tested. */
export const managers = {
  pnpm: { spec: 'pnpm@12.21.0', bin: 'pnpm/pnpm' },
  pnpm10: { spec: 'pnpm@10.34.9', bin: 'pnpm/bin/pnpm.cjs' },
  yarn1: { spec: 'yarn@1.22.22', bin: 'yarn/bin/yarn.js' },
  yarn: { spec: '@yarnpkg/cli-dist@4.18.1', bin: '@yarnpkg/cli-dist/bin/yarn.js' },
} as const

export type Manager = keyof typeof managers

/** Runs a package manager to its end in a directory; it throws what the manager printed. */
export type Manage = (cwd: string, ...args: string[]) => Promise<string>

/**
 * What the tests of one file share: the tarballs of runnerd and of the greeters,
 * and caches and a home directory that are nobody's. It goes when they are over.
 */
export class Workbench {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'runner-managers-')))
  readonly env: NodeJS.ProcessEnv
  readonly #found = new Map<Manager, Promise<string>>()
  #ready: Promise<void> | undefined
  #reached: Promise<unknown> | undefined

  constructor() {
    for (const name of ['home', 'tarballs']) mkdirSync(this.at(name))
    this.env = {
      ...unsetManagers(),
      HOME: this.at('home'),
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      npm_config_cache: this.at('npm-cache'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_prefer_offline: 'true',
      npm_config_update_notifier: 'false',
      // A registry may hang up now and then.
      npm_config_fetch_retries: '5',
      npm_config_fetch_retry_mintimeout: '1000',
      YARN_CACHE_FOLDER: this.at('yarn-cache'),
      YARN_GLOBAL_FOLDER: this.at('yarn-berry'),
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
    }
    after(() => rmSync(this.root, { recursive: true, force: true }))
  }

  at(...names: string[]): string {
    return join(this.root, ...names)
  }

  /** A new directory with files in it, among them a package.json if none is given. */
  project(name: string, files: Readonly<Record<string, string>> = {}): string {
    writeFiles(this.at(name), { 'package.json': '{ "private": true }', ...files })
    return this.at(name)
  }

  /** The tarball of runnerd. */
  get runnerd(): string {
    return this.at('tarballs', 'runnerd-0.1.0.tgz')
  }

  /** The tarballs of greeters. */
  tarballs(version: Version, tapnames: readonly Greeter[] = every): string[] {
    return tapnames.map((tapname) => {
      const name = greeters[tapname].name.replace('@', '').replace('/', '-')
      return this.at('tarballs', `${name}-${version}.tgz`)
    })
  }

  readonly npm: Manage = (cwd, ...args) => this.run(cwd, 'npm', args)

  /** A command with the environment of this workbench. */
  async run(cwd: string, command: string, args: readonly string[], env = {}): Promise<string> {
    return await output(command, args, cwd, cleanEnv(cwd, { ...this.env, ...env }))
  }

  /**
   * Packs what is to be installed, and fetches the manager. Without them, as on a
   * machine without a registry, the test is skipped and says so.
   */
  async has(t: TestContext, manager?: Manager): Promise<boolean> {
    this.#ready ??= this.#prepare()
    await this.#ready
    try {
      this.#reached ??= this.npm(this.root, 'view', 'pluralize@8.0.0', 'version')
      await this.#reached
      if (manager !== undefined) await this.command(manager)
      return true
    } catch (error) {
      const what = manager === undefined ? 'the npm registry' : managers[manager].spec
      const [reason] = (error as Error).message.split('\n')
      t.skip(`${what} can't be had: ${reason}`)
      return false
    }
  }

  /** The file of a package manager. */
  async command(manager: Manager): Promise<string> {
    const found = this.#found.get(manager) ?? this.#fetch(manager)
    this.#found.set(manager, found)
    return await found
  }

  /** A package manager, once `has` has fetched it. */
  manage(manager: Manager, env: NodeJS.ProcessEnv = {}): Manage {
    return async (cwd, ...args) => {
      const file = await this.command(manager)
      return /\.c?js$/.test(file)
        ? await this.run(cwd, process.execPath, [file, ...args], env)
        : await this.run(cwd, file, args, env)
    }
  }

  async #fetch(manager: Manager): Promise<string> {
    const { spec, bin } = managers[manager]
    const dir = this.project(join('managers', manager))
    await this.npm(dir, 'install', spec)
    const file = join(dir, 'node_modules', bin)
    await this.run(dir, file, ['--version'])
    return file
  }

  async #prepare(): Promise<void> {
    const registry = await output('npm', ['config', 'get', 'registry'], root, process.env)
    Object.assign(this.env, registryVariables(registry.trim()))
    const dirs = (['1.0.0', '1.1.0'] as const).flatMap((version) =>
      every.map((tapname) => {
        const dir = this.at('sources', version, tapname)
        writeGreeter(dir, tapname, version)
        return dir
      }),
    )
    const packages = [join(root, 'packages', 'runner'), ...dirs]
    await this.npm(this.root, 'pack', '--pack-destination', this.at('tarballs'), ...packages)
  }
}

/** A package manager hands its settings down to what it runs, the tests among it. */
function unsetManagers(): NodeJS.ProcessEnv {
  const theirs = /^(CI$|INIT_CWD$|COREPACK_|npm_|pnpm_|yarn_)/i
  const names = Object.keys(process.env).filter((name) => theirs.test(name))
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

/** The registry that npm is set to, for those that don't ask npm. */
function registryVariables(registry: string): NodeJS.ProcessEnv {
  const { protocol, hostname } = new URL(registry)
  return {
    npm_config_registry: registry,
    pnpm_config_registry: registry,
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    ...(protocol === 'http:' ? { YARN_UNSAFE_HTTP_WHITELIST: hostname } : {}),
  }
}

function output(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }
    const done = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`))
    }
    execFile(command, args, options, done)
  })
}
