// What `npm test` runs after the set-up: type check, lint, then every test, or
// those of the files named: `npm test -- test/run/daemon.test.ts`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './root.mjs'

const TYPESCRIPT = 'node_modules/typescript/bin/tsc'
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const built = join(root, 'test', 'dist')

call('type check', [TYPESCRIPT, '-b'])
call('lint', [BIOME, 'check', '--error-on-warnings', '.'])

const wanted = process.argv.slice(2).map(builtName)
const files = wanted.length > 0 ? wanted : testsIn(built)
// Most of them wait for processes most of the time; each has its own directory and ports.
// The time is that of a whole file, and what hung in it is after the last that is told of.
// The longest takes a minute of a quarter of an hour for all; a machine may be five times
// as slow, and one file that hangs leaves the run below twenty minutes.
const ways = ['--test-reporter=spec', '--test-timeout=300000', '--test-concurrency=2']
call('tests', ['--test', ...ways, ...files])

function call(name, args) {
  process.stdout.write(`runner: ${name}\n`)
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function builtName(file) {
  return join(built, relative(join(root, 'test'), file).replace(/\.ts$/, '.js'))
}

function testsIn(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.test.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
