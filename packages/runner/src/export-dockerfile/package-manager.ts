import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '@runnerd/options'

/** How a project's packages come into an image. */
export interface Installation {
  /** What decides which packages: copied before all else, so that a change of code installs none. */
  readonly files: readonly string[]
  /** Commands to be run with them. */
  readonly install: readonly (readonly string[])[]
  /** Compiles, where the project has something to compile. */
  readonly build: readonly string[]
  /** Removes what is there for the building only. */
  readonly prune: readonly string[]
  /** Whether `runnerd` is among what is left then. */
  readonly hasRunner: boolean
}

interface Manager {
  readonly lock: string
  readonly files: readonly string[]
  readonly install: (version: string | undefined) => readonly (readonly string[])[]
  readonly build: readonly string[]
  readonly prune: readonly string[]
}

/** Without a lock the newest of what fits is installed, which isn't the same tomorrow. */
const UNLOCKED = [['npm', 'install']]

const managers: readonly Manager[] = [
  {
    lock: 'pnpm-lock.yaml',
    files: ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'],
    install: (version) => [
      ['npm', 'install', '--global', version === undefined ? 'pnpm' : `pnpm@${version}`],
      ['pnpm', 'install', '--frozen-lockfile'],
    ],
    build: ['pnpm', 'run', '--if-present', 'build'],
    prune: ['pnpm', 'prune', '--prod'],
  },
  {
    lock: 'yarn.lock',
    files: ['yarn.lock', '.npmrc'],
    install: () => [['yarn', 'install', '--frozen-lockfile']],
    build: ['npm', 'run', 'build', '--if-present'],
    prune: ['yarn', 'install', '--frozen-lockfile', '--production', '--ignore-scripts'],
  },
  ...['npm-shrinkwrap.json', 'package-lock.json'].map((lock) => ({
    lock,
    files: [lock, '.npmrc'],
    install: () => [['npm', 'ci']],
    build: ['npm', 'run', 'build', '--if-present'],
    prune: ['npm', 'prune', '--omit=dev'],
  })),
]

/**
 * Looks how the packages of the project in `cwd` are installed.
 *
 * @throws UsageError where there is none, or it can't be said
 */
export function installationOf(cwd: string): Installation {
  const manifest = manifestIn(cwd)
  const has = (file: string): boolean => existsSync(join(cwd, file))
  if (has('.yarnrc.yml')) {
    throw cannot('this project is one of Yarn 2 or later, which keeps no node_modules as a rule')
  }
  const manager = managers.find(({ lock }) => has(lock))
  const isApart = isAlone(manifest) && !has('pnpm-workspace.yaml')
  const files = ['package.json', ...(manager?.files ?? ['.npmrc'])].filter(has)
  return {
    files: isApart ? files : [],
    install: manager?.install(versionIn(manifest.packageManager)) ?? UNLOCKED,
    build: manager?.build ?? ['npm', 'run', 'build', '--if-present'],
    prune: manager?.prune ?? ['npm', 'prune', '--omit=dev'],
    hasRunner: manifest.dependencies?.runnerd !== undefined,
  }
}

/** Whether it needs no more of the project than its own manifest to be installed. */
function isAlone({ workspaces, dependencies = {}, devDependencies = {} }: Manifest): boolean {
  const wanted = Object.values({ ...dependencies, ...devDependencies })
  return workspaces === undefined && !wanted.some((each) => /^(file|link|portal):/.test(each))
}

interface Manifest {
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly packageManager?: string
  readonly workspaces?: unknown
}

function manifestIn(cwd: string): Manifest {
  let text: string
  try {
    text = readFileSync(join(cwd, 'package.json'), 'utf8')
  } catch {
    throw cannot(`there is no package.json in ${cwd}`, 'an image is built of a project; npm init')
  }
  try {
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null) return manifest
  } catch {
    // As bad as one that is something else.
  }
  throw cannot(`${join(cwd, 'package.json')} is no package.json`)
}

/** Of `pnpm@10.2.1+sha512.…`. */
function versionIn(packageManager: unknown): string | undefined {
  return /^pnpm@([\w.-]+)/.exec(String(packageManager))?.[1]
}

function cannot(reason: string, hint?: string): UsageError {
  return new UsageError(`cannot export to dockerfile: ${reason}`, { hint })
}
