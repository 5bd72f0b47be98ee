import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { firstProcess, noFirstProcess } from '../helpers/first-process.ts'
import { freePort } from '../helpers/free-port.ts'
import { fixtures } from '../helpers/paths.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { catches, statusField } from './conformance/processes.ts'

const STARTED = /serve starting on \d+\n/
const ending = { RUNNER_PLUGIN_PATH: join(fixtures, 'ending') }

function project(t: TestContext): string {
  const cwd = tempDir(t)
  // Others than root are to read it.
  chmodSync(cwd, 0o755)
  writePlugin(cwd)
  return cwd
}

/** The children of a process, zombies too. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => statusField(each, 'PPid') === String(pid))
}

describe('as the first process of a container', { skip: noFirstProcess, concurrency: 2 }, () => {
  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`${signal} stops all in order, with status ${status}; there is no pid file`, async (t) => {
      const cwd = project(t)
      const running = await firstProcess(t, ['--nodaemon', 'told'], { cwd })
      await running.line(STARTED)
      assert.deepEqual(
        readdirSync(cwd).filter((name) => name.startsWith('runner.')),
        [],
      )
      running.kill(signal)
      const ended = await running.ended
      assert.equal(ended.status, status)
      assert.match(ended.stdout, new RegExp(`Received ${signal}, shutting down\\.`))
      assert.match(ended.stdout, /Server Shut Down\.\n$/)
      assert.equal(ended.stderr, '')
    })
  }

  test('a pid file that is asked for is there, and names it', async (t) => {
    const cwd = project(t)
    const own = ['--nodaemon', '--pidfile', 'asked.pid']
    const running = await firstProcess(t, [...own, 'told'], { cwd })
    await running.line(STARTED)
    assert.equal(readFileSync(join(cwd, 'asked.pid'), 'utf8').trim(), '1')
    running.kill('SIGTERM')
    assert.equal((await running.ended).status, 143)
    assert.ok(!existsSync(join(cwd, 'asked.pid')))
  })

  test('SIGHUP does no harm: it is refused in the log, and all goes on', async (t) => {
    const cwd = project(t)
    const port = await freePort()
    const running = await firstProcess(t, ['--nodaemon', 'told', '--port', String(port)], { cwd })
    await running.line(STARTED)
    for (const _ of [1, 2]) {
      const before = running.stdout().length
      running.kill('SIGHUP')
      await waitFor(
        cwd,
        () => running.stdout().slice(before).includes('cannot reload') || undefined,
      )
    }
    assert.match(running.stdout(), /cannot reload told: it is the first process of a container, /)
    assert.equal(await text(connect({ port, host: '127.0.0.1' })), 'hello from 1')
    running.kill('SIGTERM')
    assert.equal((await running.ended).status, 143)
  })

  test('a signal before there is a run ends it, too', async (t) => {
    const cwd = project(t)
    // A check is no run: nothing in it catches signals.
    writePlugin(cwd, { inMakeService: "console.error('making'); return new Promise(() => {})" })
    const running = await firstProcess(t, ['check', 'told'], { cwd })
    await waitFor(cwd, () => running.stderr().includes('making') || undefined)
    assert.ok(catches(running.first, 'SIGTERM'))
    running.kill('SIGTERM')
    assert.equal((await running.ended).status, 143)
  })

  test('the second signal ends it at once', async (t) => {
    const cwd = project(t)
    const own = ['--nodaemon', '--stop-timeout', '600']
    const args = [...own, 'ending', '--hang', 'stop:b', '--say', 'stop:b']
    const running = await firstProcess(t, args, { cwd, env: ending })
    await running.line(/ all up\n/)
    running.kill('SIGTERM')
    await running.line(/at stop:b\n/)
    running.kill('SIGTERM')
    assert.equal((await running.ended).status, 143)
    assert.match(running.stdout(), /Received SIGTERM again, ending at once\.\n/)
  })

  for (const [what, args] of [
    ['a service that loops while it stops', ['--spin', 'stop:b']],
    ["a listener of 'exit' that loops", ['--hang', 'stop:b', '--atexit', 'spin']],
  ] as const) {
    test(`${what} is ended as by SIGKILL, which would not reach it`, async (t) => {
      const cwd = project(t)
      const own = ['--nodaemon', '--stop-timeout', '0.3']
      const running = await firstProcess(t, [...own, 'ending', ...args], { cwd, env: ending })
      await running.line(/ all up\n/)
      running.kill('SIGTERM')
      const { status, stdout } = await running.ended
      assert.equal(status, 137)
      assert.match(stdout, / Nothing else can run\. Ending by SIGKILL\.\n$/)
    })
  }

  test('its workers are replaced and awaited: none is left as a zombie', async (t) => {
    const cwd = project(t)
    const own = ['--nodaemon', '--workers', '2']
    const running = await firstProcess(t, [...own, 'told'], { cwd })
    await running.line(/serves\.[\s\S]*serves\./)
    const [one] = childrenOf(running.first)
    assert.ok(one !== undefined, running.stdout())
    process.kill(one, 'SIGKILL')
    await running.line(/Worker \d with pid \d+ serves again\./)
    running.kill('SIGHUP')
    await running.line(/Generation 2 serves\./)
    // The last of them may have stopped before, or stops after it.
    await running.line(/(drained and stopped\.\n[\s\S]*){2}/)
    const children = await waitFor(`/proc/${running.first}/stat`, () => {
      const all = childrenOf(running.first)
      return all.length === 2 ? all : undefined
    })
    for (const pid of children) assert.doesNotMatch(statusField(pid, 'State'), /^Z/)
    running.kill('SIGTERM')
    assert.equal((await running.ended).status, 143)
    assert.match(running.stdout(), /\[-\] Server Shut Down\.\n$/)
  })

  test('a daemon is refused: its container would end with it', async (t) => {
    const cwd = project(t)
    const { ended } = await firstProcess(t, ['told'], { cwd })
    assert.deepEqual(await ended, {
      status: 64,
      signal: null,
      stdout: '',
      stderr:
        'runner: cannot run told as a daemon: it is the first process of a container\n' +
        'hint: use --nodaemon\n',
    })
  })

  test('a read-only root, a nameless user without a home, and no capability are enough', async (t) => {
    const cwd = project(t)
    const canary = "import { writeSync } from 'node:fs'; writeSync(2, 'code was read\\n')\n"
    const dropin = readFileSync(join(cwd, 'plugins', 'told.js'), 'utf8')
    writeFileSync(join(cwd, 'plugins', 'told.js'), canary + dropin)
    assert.equal((await runner(['plugins', 'build'], { cwd })).status, 0)
    const bare = { HOME: undefined, USER: undefined, LOGNAME: undefined, TERM: undefined }
    const env = { ...bare, RUNNER_CACHE_DIR: undefined, RUNNER_RUNTIME_DIR: undefined }
    const locked = { cwd, env, locked: true }
    const list = await (await firstProcess(t, [], locked)).ended
    assert.equal(list.status, 0)
    assert.match(list.stdout, /\n {4}told +Does what a test told it to\.\n/)
    assert.equal(list.stderr, '', 'what was built is not believed there')
    const own = ['--nodaemon', '--log-format', 'json']
    const running = await firstProcess(t, [...own, 'told'], locked)
    await running.line(/serve starting on \d+"/)
    assert.equal(statusField(running.first, 'Uid').split('\t')[0], '12345')
    assert.match(statusField(running.first, 'CapBnd'), /^0+$/)
    running.kill('SIGTERM')
    const { status, stdout, stderr } = await running.ended
    assert.deepEqual([status, stderr], [143, 'code was read\n'])
    for (const line of stdout.trimEnd().split('\n')) assert.equal(JSON.parse(line).pid, 1)
  })
})
