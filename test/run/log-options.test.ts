import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'chatter') }

const objects = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('--log-format json has each line of a daemon’s log an object, to the last', async (t) => {
  const cwd = tempDir(t)
  const { pid, log, stop } = await daemon(t, ['--log-format', 'json', 'chatter'], { cwd, env })
  await stop()
  const lines = objects(log())
  assert.equal(lines[0]?.message, 'Log opened.')
  assert.equal(lines.at(-1)?.message, 'Server Shut Down.')
  for (const { time, level, system, pid: by } of lines) {
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.match(String(level), /^(info|warn|error)$/)
    assert.equal(system, '-')
    assert.equal(by, pid)
  }
  const failure = lines.find(({ message }) => message === 'Cannot read') ?? {}
  const { type, message, code, stack } = failure.error as Record<string, string>
  assert.deepEqual(
    { type, message, code },
    { type: 'Error', message: 'no such poem', code: 'ENOPOEM' },
  )
  assert.match(stack!, /^Error: no such poem\n {4}at /)
})

test('--log-format and --log-level hold for stdout too, and come from the environment', async (t) => {
  const cwd = tempDir(t)
  const args = ['--nodaemon', 'chatter', '--ending', 'terminate']
  const variables = { ...env, RUNNER_LOG_FORMAT: 'json', RUNNER_LOG_LEVEL: 'warn' }
  const { stdout } = await runner(args, { cwd, env: variables })
  assert.deepEqual(
    objects(stdout).map(({ level, message }) => `${level} ${message}`),
    ['warn a warning', 'error Cannot read'],
  )
  const detailed = await runner(['--log-level', 'debug', ...args], { cwd, env: variables })
  assert.ok(objects(detailed.stdout).some(({ level }) => level === 'debug'))
})

test('--log-level is info, and what is less serious is not in the log', async (t) => {
  const cwd = tempDir(t)
  const { stdout } = await runner(['-n', 'chatter', '--ending', 'terminate'], { cwd, env })
  assert.match(stdout, / \[-\] a warning$/m)
  assert.doesNotMatch(stdout, /a detail/)
})

test('--log-max-size takes k, M and G, and --log-max-files keeps so many, also with -n', async (t) => {
  const cwd = tempDir(t)
  const own = ['--logfile', 'own.log', '--log-max-size', '10k', '--log-max-files', '3']
  const args = [...own, 'chatter', '--lines', '2000', '--ending', 'terminate']
  const running = foreground(t, args, { cwd, env })
  await running.ended
  assert.equal(running.stdout(), '')
  const names = readdirSync(cwd).filter((name) => name.startsWith('own.log'))
  assert.equal(names.length, 4)
  const numbers = names.map((name) => Number(name.slice('own.log.'.length)))
  assert.ok(Math.max(...numbers) > 15)
  const [oldest] = names
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .slice(1)
  const { length } = readFileSync(join(cwd, oldest!))
  assert.ok(length >= 10_240 && length < 10_500, `${length} bytes`)
})

test('PUT /log changes the log of a daemon that runs; what is wrong changes nothing', async (t) => {
  const cwd = tempDir(t)
  const { pid, log, stop } = await daemon(t, ['chatter', '--lines', '3'], { cwd, env })
  const socket = join(cwd, 'runner.sock')
  const put = (settings: unknown) => ask(socket, 'PUT', '/log', JSON.stringify(settings))
  const usual = { format: 'text', level: 'info', maxSize: 1_000_000, maxFiles: 0 }
  assert.deepEqual((await ask(socket, 'GET', '/log')).json(), usual)

  for (const [wrong, line] of [
    [{ level: 'loud' }, /^level is one of critical, error, warn, info, debug, not "loud"$/],
    [{ format: 'json', maxSize: '1T' }, /^maxSize needs a number of bytes/],
    [{ maxFiles: -1 }, /^maxFiles needs a whole number/],
    [{ colour: 'red' }, /^it has no "colour"$/],
  ] as const) {
    const reply = await put(wrong)
    assert.equal(reply.code, 400)
    const said = reply.json<{ line: string }>().line
    assert.match(said.replace('cannot change the log: ', ''), line)
  }
  assert.deepEqual((await ask(socket, 'GET', '/log')).json(), usual)

  const changed = { format: 'json', level: 'info', maxSize: 1024, maxFiles: 2 }
  assert.deepEqual((await put({ format: 'json', maxSize: '1k', maxFiles: 2 })).json(), changed)
  process.kill(pid, 'SIGURG')
  process.kill(pid, 'SIGURG')
  await waitFor(join(cwd, 'runner.log'), () =>
    existsSync(join(cwd, 'runner.log.1')) ? true : undefined,
  )
  await stop()
  assert.equal(objects(log()).at(-1)?.message, 'Server Shut Down.')
})
