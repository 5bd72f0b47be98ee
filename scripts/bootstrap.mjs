// Sets up a checkout: `node scripts/bootstrap.mjs`. Installs with pnpm, fetched
// by npx where it isn't there, and builds. What is up to date is not done again.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './root.mjs'

const PNPM = 'pnpm@12'
const COMMAND = join(root, 'packages', 'runner', 'bundle', 'main.js')
const INSTALLED = join(root, 'node_modules', '.runner-installed')
const BUILT = join(root, 'node_modules', '.runner-built')

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`needs Node 20.19 or newer, this is ${process.version}`)
}

step('installing', INSTALLED, installInputs(), () => {
  const pnpm = hasPnpm() ? ['pnpm'] : ['npx', '-y', PNPM]
  // Without a terminal pnpm asks nothing and would stop where it wants to ask.
  // pnpm links a command only to a file that is there, and this one is built.
  mkdirSync(dirname(COMMAND), { recursive: true })
  if (!existsSync(COMMAND)) writeFileSync(COMMAND, '#!/usr/bin/env node\n', { mode: 0o755 })
  call(...pnpm, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false')
})
step('building', BUILT, buildInputs(), () => call(process.execPath, 'scripts/build.mjs'))

/** Does what is to be done unless its inputs are those of the last time. */
function step(name, stamp, files, action) {
  const key = keyOf(files)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return
  const began = Date.now()
  process.stderr.write(`runner: ${name} …\n`)
  action()
  writeFileSync(stamp, keyOf(files))
  process.stderr.write(`runner: ${name} took ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
}

function hasPnpm() {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { encoding: 'utf8' })
  return status === 0 && stdout.startsWith('12.')
}

function call(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0)
    fail(`${[command, ...args].join(' ')} failed${error ? `: ${error.message}` : ''}`)
}

function fail(reason) {
  process.stderr.write(`runner: cannot set up: ${reason}\n`)
  process.exit(1)
}

function installInputs() {
  const own = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  return [
    ...own.map((name) => join(root, name)),
    ...members().map((dir) => join(dir, 'package.json')),
  ]
}

function buildInputs() {
  const configs = members().map((dir) => join(dir, 'tsconfig.json'))
  const sources = [
    ...members().map((dir) => join(dir, 'src')),
    join(root, 'test'),
    join(root, 'scripts'),
  ]
  return [INSTALLED, join(root, 'tsconfig.json'), ...configs, ...sources.flatMap(filesIn)]
}

/** The packages of the workspace. */
function members() {
  return ['packages', 'plugins']
    .flatMap((dir) => readdirSync(join(root, dir)).map((name) => join(root, dir, name)))
    .filter((dir) => existsSync(join(dir, 'package.json')))
}

function filesIn(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.name === 'dist' || entry.name === 'node_modules' || entry.name === 'fixtures')
      return []
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}

function keyOf(files) {
  const hash = createHash('sha256').update(process.version)
  for (const file of files) {
    const stats = statSync(file, { throwIfNoEntry: false })
    hash.update(`${file} ${stats?.size} ${stats?.mtimeMs}\n`)
  }
  return hash.digest('hex')
}
