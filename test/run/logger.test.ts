import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fixtures, root } from '../helpers/paths.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }

/** A project that has winston, and a module `loggers.mjs` of this text. */
function project(t: TestContext, text: string): string {
  const cwd = tempDir(t)
  const modules = join(cwd, 'node_modules')
  mkdirSync(modules)
  const ours = join(root, 'packages', 'logging', 'node_modules')
  for (const name of ['winston', 'winston-daily-rotate-file']) {
    symlinkSync(realpathSync(join(ours, name)), join(modules, name))
  }
  const store = dirname(realpathSync(join(ours, 'winston')))
  symlinkSync(realpathSync(join(store, 'winston-transport')), join(modules, 'winston-transport'))
  writeFileSync(join(cwd, 'loggers.mjs'), text)
  return cwd
}

const TRANSPORTS = `
import winston from 'winston'
import Transport from 'winston-transport'
import 'winston-daily-rotate-file'
import { appendFileSync } from 'node:fs'

export const file = new winston.transports.File({ filename: 'out' })
export const rotate = new winston.transports.DailyRotateFile({ filename: 'out', auditFile: 'audit' })
export const console = new winston.transports.Console()
export const logger = () => winston.createLogger({
  level: 'info',
  format: winston.format.json(),
  transports: [file],
})
export function observer({ level, system, text }) {
  appendFileSync('out', \`\${level} \${system} \${text}\\n\`)
}
export const later = async () => observer
export class Slow extends Transport {
  log(info, done) {
    setTimeout(() => {
      appendFileSync('out', info[Symbol.for('message')] + '\\n')
      done()
    }, 20)
  }
}
export class Hanging extends Transport {
  log() {}
}
export class Failing extends Transport {
  log(info, done) {
    if (info.message.includes('shutting down')) appendFileSync('out', info.message + '\\n')
    setImmediate(() => this.emit('error', new Error('no room')))
    done()
  }
}
export const rejects = async () => { throw new Error('rejected') }
export const nothing = 5
`

function outOf(cwd: string): string {
  return readFileSync(join(cwd, 'out'), 'utf8')
}

/** The numbers of the lines that the probe fills a log with. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/line \.*(\d+)$/gm)].map((match) => Number(match[1]))
}

for (const name of ['file', 'rotate']) {
  test(`a winston transport, ${name}, has every line when the daemon has stopped`, async (t) => {
    const cwd = project(t, TRANSPORTS)
    const args = ['--logger', `./loggers.mjs#${name}`, 'probe', '--trace', 'trace']
    const { pid, stop } = await daemon(t, args, { cwd, env })
    process.kill(pid, 'SIGURG')
    const trace = join(cwd, 'trace')
    await waitFor(trace, () => (/filled/.test(readFileSync(trace, 'utf8')) ? true : undefined))
    await stop()
    // The library has the local date in the name; at midnight there are two.
    const names = readdirSync(cwd).filter((each) =>
      name === 'file' ? each === 'out' : /^out\.\d{4}-\d\d-\d\d$/.test(each),
    )
    const out = names
      .sort()
      .map((each) => readFileSync(join(cwd, each), 'utf8'))
      .join('')
    assert.deepEqual(
      numbersIn(out),
      Array.from({ length: 12_000 }, (_, i) => i),
    )
    assert.match(out, /^\S+ \[-\] Log opened\.\n/)
    assert.match(out, /\S+ \[-\] Server Shut Down\.\n$/)
    assert.ok(!existsSync(join(cwd, 'runner.log')))
  })
}

test('a winston logger writes in its own format, and what is printed too', async (t) => {
  const cwd = project(t, TRANSPORTS)
  const args = ['--logger', 'loggers.mjs#logger', 'probe', '--warn', 'printed']
  const { stop } = await daemon(t, args, { cwd, env })
  await stop()
  const lines = outOf(cwd).trimEnd().split('\n')
  const infos = lines.map((line) => JSON.parse(line))
  assert.equal(infos[0].message, 'Log opened.')
  assert.deepEqual(
    infos
      .filter(({ message }) => message === 'printed')
      .map(({ level, system }) => [level, system]),
    Array(3).fill(['error', 'stderr#error']),
  )
  assert.equal(infos.at(-1).message, 'Server Shut Down.')
})

for (const name of ['observer', 'later', 'Slow']) {
  test(`${name}: a function, what an async one gives, a class of transports`, async (t) => {
    const cwd = project(t, TRANSPORTS)
    const running = foreground(t, ['--logger', `loggers.mjs#${name}`, 'probe'], { cwd, env })
    const out = join(cwd, 'out')
    await waitFor(out, () => (existsSync(out) && outOf(cwd).includes('all up') ? true : undefined))
    running.child.kill('SIGTERM')
    const { signal, stdout, stderr } = await running.ended
    assert.deepEqual({ signal, stdout, stderr }, { signal: 'SIGTERM', stdout: '', stderr: '' })
    assert.match(outOf(cwd), /Log opened\.\n.*all up\n.*Received SIGTERM.*Server Shut Down\.\n$/s)
  })
}

test('a transport that prints does so once, and what a service prints comes with it', async (t) => {
  const cwd = project(t, TRANSPORTS)
  const args = ['--logger', 'loggers.mjs#console', 'probe', '--print', 'printed']
  const running = foreground(t, args, { cwd, env })
  await running.line(/ \[-\] all up\n/)
  running.child.kill('SIGTERM')
  const { stdout } = await running.ended
  assert.equal(stdout.match(/^\S+ \[stdout#info\] printed$/gm)?.length, 3)
  assert.match(stdout, /Server Shut Down\.\n$/)
})

test('a module of the module path, by the name of its package', async (t) => {
  const cwd = project(t, '')
  const dir = join(cwd, 'node_modules', '@me', 'logger')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{ "name": "@me/logger", "main": "main.cjs" }')
  const text = `exports.out = (event) => require('fs').appendFileSync('out', event.text + '\\n')`
  writeFileSync(join(dir, 'main.cjs'), text)
  const { stop } = await daemon(t, ['--logger', '@me/logger#out', 'probe'], { cwd, env })
  await stop()
  assert.match(outOf(cwd), /^Log opened\.\n/)
})

test('--logger goes before --syslog and --logfile', async (t) => {
  const cwd = project(t, TRANSPORTS)
  const args = ['--syslog', '-l', 'f', '--logger', 'loggers.mjs#observer', 'probe']
  const { stop } = await daemon(t, args, { cwd, env })
  await stop()
  assert.ok(!existsSync(join(cwd, 'f')))
  assert.match(outOf(cwd), /Log opened/)
})

test('a logger that never finishes is waited for no longer than --stop-timeout', async (t) => {
  const cwd = project(t, TRANSPORTS)
  const args = ['--stop-timeout', '0.2', '--logger', 'loggers.mjs#Hanging', 'probe']
  const running = foreground(t, [...args, '--trace', 'trace'], { cwd, env })
  const trace = join(cwd, 'trace')
  const isUp = (): boolean => existsSync(trace) && /start c/.test(readFileSync(trace, 'utf8'))
  await waitFor(trace, () => isUp() || undefined)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  assert.ok(!existsSync(join(cwd, 'runner.pid')))
})

test('errors of a logger never kill the service', async (t) => {
  const cwd = project(t, TRANSPORTS)
  const running = foreground(t, ['--logger', 'loggers.mjs#Failing', 'probe', '--trace', 'trace'], {
    cwd,
    env,
  })
  const trace = join(cwd, 'trace')
  await waitFor(trace, () =>
    existsSync(trace) && readFileSync(trace, 'utf8').includes('start c') ? true : undefined,
  )
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
  assert.match(readFileSync(trace, 'utf8'), /stopped a\n$/)
  assert.match(outOf(cwd), /Received SIGTERM/)
})

for (const [wrong, name, reason] of [
  ['a module that is not there', './no.mjs#x', 'no such file'],
  ['no package either', 'nope#x', 'no such file, and no such package on the module path'],
  ['a module that throws', './throws.mjs#x', 'thrown at import'],
  ['an export that is not there', './loggers.mjs#nope', 'it does not export nope'],
  [
    'no logger',
    './loggers.mjs#nothing',
    'it is no winston transport, no logger and no function of an event',
  ],
  ['a function that fails', './loggers.mjs#rejects', 'rejected'],
] as const) {
  test(`--logger with ${wrong} is one usage line of the parent`, async (t) => {
    const cwd = project(t, TRANSPORTS)
    writeFileSync(join(cwd, 'throws.mjs'), "throw new Error('thrown at import')\n")
    const { status, stdout, stderr } = await runner(['--logger', name, 'probe'], { cwd, env })
    assert.equal(status, 64)
    assert.equal(stdout, '')
    const [first, ...more] = stderr.split('\n')
    assert.equal(first, `runner: cannot use logger ${name}: ${reason}`)
    assert.ok(
      more.every((line) => line === '' || line.startsWith('hint: ')),
      stderr,
    )
    assert.ok(!existsSync(join(cwd, 'runner.pid')))
  })
}

test('--logger without an export is refused', async (t) => {
  const cwd = tempDir(t)
  for (const name of ['module', '#x', 'module#']) {
    const { status, stderr } = await runner(['--logger', name, 'probe'], { cwd, env })
    assert.equal(status, 64)
    assert.match(stderr, /^runner: .*option --logger needs MODULE#EXPORT, not "/)
  }
})
